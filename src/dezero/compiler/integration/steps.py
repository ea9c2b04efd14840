"""LLVM text of the steps of a Taylor method: how long one may be, whether it solves the equation, and what it gives."""

from __future__ import annotations

from dezero.compiler.integration.layout import rounded
from dezero.compiler.integration.lengths import LENGTH, TOP

# What the steps keep between calls of `advance`, by their places in two arrays: floats, and whole numbers.
FLOATS = ("t", "start", "end", "factor", "longest", "tol", "span", "limit", "scale")
COUNTS = ("done", "times", "steps", "most", "rejected", "kept", "room", "dense")
FINISHED, TOO_MANY, FAILED, FULL = range(4)

PLACES = 200  # over the whole interval, at which the steps are compared with the right side
_MATH = ("pow", "fabs", "maximum", "minimum", "copysign", "ceil", "maxnum", "minnum")


def record(states: int, order: int) -> int:
    """Bytes of what is kept of one step: the time of its end, and its polynomials."""
    return 8 * (1 + (order + 1) * rounded(states))


def text(slots: int, states: int, order: int, time: int | None) -> list[str]:
    """The function `advance` and those that it calls; see `Integrator` for its arguments."""
    wide = rounded(states)
    numbers = {"N": states, "W": wide, "S": slots, "P": order, "P1": order - 1, "ROW": 8 * slots, "KEPT": 8 * wide}
    numbers |= {"ROW2": 16 * slots, "LAST": 8 * order * slots, "LAST1": 8 * (order - 1) * slots}
    numbers["RECORD"] = record(states, order)
    timed = ""
    if time is not None:
        timed += f"  %slot = getelementptr double, ptr %e, i64 {time}\n  store double %at, ptr %slot"
    declared = [f"declare double @llvm.{n}.f64(double{', double' if n not in ('fabs', 'ceil') else ''})" for n in _MATH]
    declared.append("declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)")
    found = "\n\n".join([TOP, _HORNER, _SOLVED, LENGTH, _ADVANCE])
    for name, value in numbers.items():
        found = found.replace(f"<{name}>", str(value))
    found = found.replace("<TIMED>", timed)
    return [*declared, *[part.strip("\n") for part in _accessed(found).split("\n\n")]]


def _accessed(found: str) -> str:
    """The text with each `NAME = get d.x`, `set d.x VALUE` as an address and a load or a store."""
    lines: list[str] = []
    for line in found.split("\n"):
        words = line.split()
        at = len(lines)
        if len(words) >= 4 and words[1:3] == ["=", "get"]:
            array, field, kind = _field(words[3])
            lines.append(f"  %a{at} = getelementptr {kind}, ptr {array}, i64 {field}")
            lines.append(f"  {words[0]} = load {kind}, ptr %a{at}")
        elif len(words) == 3 and words[0] == "set":
            array, field, kind = _field(words[1])
            lines.append(f"  %a{at} = getelementptr {kind}, ptr {array}, i64 {field}")
            lines.append(f"  store {kind} {words[2]}, ptr %a{at}")
        else:
            lines.append(line)
    return "\n".join(lines)


def _field(text: str) -> tuple[str, int, str]:
    array, name = text.split(".")
    return ("%d", FLOATS.index(name), "double") if array == "d" else ("%i", COUNTS.index(name), "i64")


# The polynomials at a distance h, by Horner's rule, and their slopes.
_HORNER = """
define void @polynomials(ptr noalias %u, double %h, ptr noalias %out, ptr noalias %slopes) #0 {
start:
  %h0 = insertelement <8 x double> poison, double %h, i64 0
  %hh = shufflevector <8 x double> %h0, <8 x double> poison, <8 x i32> zeroinitializer
  br label %chunk
chunk:
  %at = phi i64 [ 0, %start ], [ %at1, %done ]
  %last = getelementptr double, ptr %u, i64 %at
  %lastp = getelementptr i8, ptr %last, i64 <LAST>
  %first = load <8 x double>, ptr %lastp, align 8
  br label %head
head:
  %k = phi i64 [ <P1>, %chunk ], [ %k1, %head ]
  %p = phi <8 x double> [ %first, %chunk ], [ %p1, %head ]
  %s = phi <8 x double> [ zeroinitializer, %chunk ], [ %s1, %head ]
  %row = mul i64 %k, <S>
  %place = add i64 %row, %at
  %q = getelementptr double, ptr %u, i64 %place
  %c = load <8 x double>, ptr %q, align 8
  %sm = fmul contract <8 x double> %s, %hh
  %s1 = fadd contract <8 x double> %sm, %p
  %pm = fmul contract <8 x double> %p, %hh
  %p1 = fadd contract <8 x double> %pm, %c
  %k1 = sub i64 %k, 1
  %on = icmp sge i64 %k1, 0
  br i1 %on, label %head, label %done
done:
  %to = getelementptr double, ptr %out, i64 %at
  store <8 x double> %p1, ptr %to, align 8
  %ts = getelementptr double, ptr %slopes, i64 %at
  store <8 x double> %s1, ptr %ts, align 8
  %at1 = add i64 %at, 8
  %again = icmp slt i64 %at1, <W>
  br i1 %again, label %chunk, label %after
after:
  ret void
}
"""

# Whether the polynomials' slopes at a distance h are the right side there, to 32 times the error that is allowed. The
# row %e takes the values there.
_SOLVED = """
define i1 @solved(ptr %u, ptr %c, ptr %e, ptr %w, ptr %d, double %t, double %h, double %curved) #0 {
start:
  %found = getelementptr double, ptr %w, i64 <W>
  call void @polynomials(ptr %u, double %h, ptr %e, ptr %w)
  %at = fadd double %t, %h
<TIMED>
  call void @values(ptr %e, ptr %c)
  call void @rates(ptr %e, ptr %found)
  br label %head
head:
  %k = phi i64 [ 0, %start ], [ %next, %head ]
  %m = phi double [ 0.0, %start ], [ %m1, %head ]
  %size = phi double [ 0.0, %start ], [ %size1, %head ]
  %p = getelementptr double, ptr %w, i64 %k
  %q = getelementptr double, ptr %found, i64 %k
  %slope = load double, ptr %p
  %rate = load double, ptr %q
  %difference = fsub double %rate, %slope
  %defect = call double @llvm.fabs.f64(double %difference)
  %larger = fcmp ugt double %defect, %m
  %lost = fcmp uno double %m, %m
  %more = select i1 %larger, double %defect, double %m
  %m1 = select i1 %lost, double %m, double %more
  %r = call double @llvm.fabs.f64(double %rate)
  %size1 = call double @llvm.maxnum.f64(double %size, double %r)
  %next = add i64 %k, 1
  %on = icmp slt i64 %next, <N>
  br i1 %on, label %head, label %after
after:
  %hs = call double @llvm.fabs.f64(double %h)
  %ta = call double @llvm.fabs.f64(double %t)
  %tb = call double @llvm.fabs.f64(double %at)
  %far = call double @llvm.maxnum.f64(double %ta, double %tb)
  %moved = fmul double %far, %curved
  %sizes = fadd double %size1, %moved
  %relative = fmul double %hs, 0x3CB0000000000000
  %rounding = fmul double %relative, %sizes
  %scale = get d.scale
  %grown = fmul double %hs, %size1
  %bound = call double @llvm.maxnum.f64(double %scale, double %grown)
  %tol = get d.tol
  %error = fmul double %tol, %bound
  %both = fadd double %error, %rounding
  %allowed = fmul double %both, 3.2e+01
  %missed = fmul double %hs, %m1
  %ok = fcmp ole double %missed, %allowed
  ret i1 %ok
}
"""

# Steps up to the last time, or until the memory for the polynomials is full; returns why it ended.
_ADVANCE = """
define i64 @advance(ptr %u, ptr %c, ptr %e, ptr %w, ptr %d, ptr %i, ptr %times, ptr %out, ptr %places, ptr %kept) #0 {
start:
  %spare = getelementptr i8, ptr %e, i64 <ROW>
  call void @values(ptr %u, ptr %c)
  br label %loop
loop:
  %done = get i.done
  %count = get i.times
  %finished = icmp sge i64 %done, %count
  br i1 %finished, label %ret0, label %counted
ret0:
  ret i64 0
counted:
  %steps = get i.steps
  %most = get i.most
  %many = icmp sge i64 %steps, %most
  br i1 %many, label %ret1, label %roomy
ret1:
  ret i64 1
roomy:
  %used = get i.kept
  %room = get i.room
  %full = icmp sge i64 %used, %room
  br i1 %full, label %ret3, label %step
ret3:
  ret i64 3
step:
  call void @coefficients(ptr %u, ptr %c)
  %reach = call double @length(ptr %u, ptr %d)
  %finite = fcmp oge double %reach, 0.0
  br i1 %finite, label %measure, label %ret2
ret2:
  ret i64 2
measure:
  %t = get d.t
  %end = get d.end
  %span = get d.span
  %remain = fsub double %end, %t
  %left = call double @llvm.fabs.f64(double %remain)
  %u2 = getelementptr i8, ptr %u, i64 <ROW2>
  %c2 = call double @top(ptr %u2)
  %curved = fmul double %c2, 2.0
  %still = fcmp oeq double %remain, 0.0
  br label %try
try:
  %ah = phi double [ %reach, %measure ], [ %half, %shorter ]
  %last = fcmp oge double %ah, %left
  %signed = call double @llvm.copysign.f64(double %ah, double %remain)
  %stepped = fadd double %t, %signed
  %near = select i1 %last, double %end, double %stepped
  %h = fsub double %near, %t
  %hs = call double @llvm.fabs.f64(double %h)
  br i1 %still, label %accept, label %stuck
stuck:
  %ta = call double @llvm.fabs.f64(double %t)
  %tb = call double @llvm.fabs.f64(double %near)
  %whole = fmul double %span, 1.0e-3
  %far0 = call double @llvm.maxnum.f64(double %ta, double %tb)
  %far = call double @llvm.maxnum.f64(double %far0, double %whole)
  %least = fmul double %far, 0x3CC0000000000000
  %tiny = fcmp ole double %hs, %least
  %open = xor i1 %last, true
  %bad = and i1 %tiny, %open
  br i1 %bad, label %ret2, label %ends
ends:
  %good = call i1 @solved(ptr %u, ptr %c, ptr %e, ptr %w, ptr %d, double %t, double %h, double %curved)
  br i1 %good, label %inside, label %shorter
inside:
  %part = fdiv double %hs, %span
  %fine = fmul double %part, 2.0e+02
  %up = call double @llvm.ceil.f64(double %fine)
  %number = call double @llvm.maxnum.f64(double %up, double 2.0)
  %n = fptosi double %number to i64
  %unit = fdiv double %h, %number
  br label %look
look:
  %k = phi i64 [ 0, %inside ], [ %k1, %looked ]
  %pp = getelementptr double, ptr %places, i64 %k
  %place = load double, ptr %pp
  %distance = fmul double %unit, %place
  %right = call i1 @solved(ptr %u, ptr %c, ptr %spare, ptr %w, ptr %d, double %t, double %distance, double %curved)
  br i1 %right, label %looked, label %shorter
looked:
  %k1 = add i64 %k, 1
  %again = icmp slt i64 %k1, %n
  br i1 %again, label %look, label %accept
shorter:
  %half = fmul double %hs, 5.0e-01
  %rejected = get i.rejected
  %rejected1 = add i64 %rejected, 1
  set i.rejected %rejected1
  %limit0 = get d.limit
  %careful = fmul double %hs, 2.0
  %longer = call double @llvm.minnum.f64(double %careful, double %limit0)
  set d.longest %longer
  br label %try
accept:
  %whole1 = fcmp oeq double %ah, %reach
  %limit = get d.limit
  %cut = get d.longest
  %longest = select i1 %whole1, double %limit, double %cut
  set d.longest %longest
  %begin = get d.start
  %gone = fsub double %near, %begin
  %passed = call double @llvm.fabs.f64(double %gone)
  br label %outputs
outputs:
  %m = phi i64 [ %done, %accept ], [ %m1, %output ]
  %some = icmp slt i64 %m, %count
  br i1 %some, label %asked, label %after
asked:
  %tp = getelementptr double, ptr %times, i64 %m
  %time = load double, ptr %tp
  %ago = fsub double %time, %begin
  %distance1 = call double @llvm.fabs.f64(double %ago)
  %reached = fcmp ole double %distance1, %passed
  br i1 %reached, label %output, label %after
output:
  %row = mul i64 %m, <W>
  %op = getelementptr double, ptr %out, i64 %row
  %within = fsub double %time, %t
  call void @polynomials(ptr %u, double %within, ptr %op, ptr %w)
  %m1 = add i64 %m, 1
  br label %outputs
after:
  set i.done %m
  %dense = get i.dense
  %keep = icmp ne i64 %dense, 0
  br i1 %keep, label %copies, label %move
copies:
  %size = mul i64 %used, <RECORD>
  %record = getelementptr i8, ptr %kept, i64 %size
  store double %near, ptr %record
  br label %copy
copy:
  %o = phi i64 [ 0, %copies ], [ %o1, %copy ]
  %from = mul i64 %o, <ROW>
  %source = getelementptr i8, ptr %u, i64 %from
  %to = mul i64 %o, <KEPT>
  %to1 = add i64 %to, 8
  %target = getelementptr i8, ptr %record, i64 %to1
  call void @llvm.memcpy.p0.p0.i64(ptr %target, ptr %source, i64 <KEPT>, i1 false)
  %o1 = add i64 %o, 1
  %rows = icmp sle i64 %o1, <P>
  br i1 %rows, label %copy, label %counts
counts:
  %used1 = add i64 %used, 1
  set i.kept %used1
  br label %move
move:
  set d.t %near
  %steps1 = add i64 %steps, 1
  set i.steps %steps1
  br i1 %still, label %loop, label %carry
carry:
  call void @llvm.memcpy.p0.p0.i64(ptr %u, ptr %e, i64 <ROW>, i1 false)
  br label %loop
}
"""
