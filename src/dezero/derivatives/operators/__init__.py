"""Differential operators: linear ones, fields, mixed partial derivatives and all partials of an order."""
