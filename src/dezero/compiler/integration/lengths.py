"""LLVM text of the rule for the length of a step; `steps.text` fills in what stands in <brackets>."""

from __future__ import annotations

# The largest absolute value of a row's states; nan where one is nan.
TOP = """
define double @top(ptr %u) #0 {
start:
  br label %head
head:
  %k = phi i64 [ 0, %start ], [ %next, %head ]
  %m = phi double [ 0.0, %start ], [ %more, %head ]
  %p = getelementptr double, ptr %u, i64 %k
  %x = load double, ptr %p
  %y = call double @llvm.fabs.f64(double %x)
  %above = fcmp ugt double %y, %m
  %unordered = fcmp uno double %m, %m
  %larger = select i1 %above, double %y, double %m
  %more = select i1 %unordered, double %m, double %larger
  %next = add i64 %k, 1
  %on = icmp slt i64 %next, <N>
  br i1 %on, label %head, label %after
after:
  ret double %more
}
"""

# How far the series is good for (Jorba and Zou's rule, see `odeint_taylor`); negative where it is not finite.
LENGTH = """
define double @root(double %x, double %y, double %n) #0 {
start:
  %zero = fcmp oeq double %y, 0.0
  br i1 %zero, label %none, label %some
none:
  ret double 0x7FF0000000000000
some:
  %ratio = fdiv double %x, %y
  %inverse = fdiv double 1.0, %n
  %found = call double @llvm.pow.f64(double %ratio, double %inverse)
  ret double %found
}

define double @length(ptr %u, ptr %d) #0 {
start:
  %u1 = getelementptr i8, ptr %u, i64 <ROW>
  %up1 = getelementptr i8, ptr %u, i64 <LAST1>
  %up = getelementptr i8, ptr %u, i64 <LAST>
  %s0 = call double @top(ptr %u)
  %s1 = call double @top(ptr %u1)
  %sq = call double @top(ptr %up1)
  %sp = call double @top(ptr %up)
  %a = fadd double %s0, %s1
  %b = fadd double %sq, %sp
  %all = fadd double %a, %b
  %finite = fcmp olt double %all, 0x7FF0000000000000
  br i1 %finite, label %search, label %bad
bad:
  ret double -1.0
search:
  %low = phi i64 [ 1, %start ], [ %higher, %more ]
  %s = phi double [ %s1, %start ], [ %sn, %more ]
  %zero = fcmp oeq double %s, 0.0
  %below = icmp slt i64 %low, <P1>
  %on = and i1 %zero, %below
  br i1 %on, label %more, label %known
more:
  %higher = add i64 %low, 1
  %at = mul i64 %higher, <ROW>
  %row = getelementptr i8, ptr %u, i64 %at
  %sn = call double @top(ptr %row)
  br label %search
known:
  %lowf = sitofp i64 %low to double
  %nq = fsub double <P1>.0, %lowf
  %np = fsub double <P>.0, %lowf
  %rq0 = call double @root(double %s, double %sq, double %nq)
  %rq = select i1 %below, double %rq0, double 0x7FF0000000000000
  %rp = call double @root(double %s, double %sp, double %np)
  %r0 = call double @llvm.minnum.f64(double %rq, double %rp)
  %infinite = fcmp oeq double %r0, 0x7FF0000000000000
  %radius = select i1 %infinite, double 0.0, double %r0
  %power = call double @llvm.pow.f64(double %radius, double %lowf)
  %grown = fmul double %s, %power
  %scale = call double @llvm.maxnum.f64(double %s0, double %grown)
  set d.scale %scale
  %hq = call double @root(double %scale, double %sq, double <P1>.0)
  %hp = call double @root(double %scale, double %sp, double <P>.0)
  %reach = call double @llvm.minnum.f64(double %hq, double %hp)
  %factor = get d.factor
  %good = fmul double %reach, %factor
  %longest = get d.longest
  %h = call double @llvm.minnum.f64(double %good, double %longest)
  ret double %h
}
"""
