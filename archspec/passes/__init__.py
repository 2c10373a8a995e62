"""Passes: each a function from a Program to a Program, in a file of its own.

A pass leaves what it is given as it was, keeps names and keys of what it does not touch, and gives back a
program that `verify` accepts. Passes know the Program and the ops, not each other, nor any backend: so what a
pass made can be counted, drawn and compiled like any other program.
"""
