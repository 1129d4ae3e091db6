"""Mutation testing: small changes to the code, each of which some test has to notice.

``mutmut`` 3.8 and ``cosmic-ray`` 8.7 do not fit. ``cosmic-ray`` changes files in place and runs one
set of tests for all modules; ``mutmut`` needs a run of the whole suite to learn which test calls
which function, and leaves module level, and with it constants, alone. Neither draws a sample by a
seed, nor drops a term of a condition, an element or a keyword, which is what most of the mistakes
look like that tests here have missed.
"""
