"""Printers, which of them each station uses, and the queue of what is to be printed.

Others hand over finished bytes by `service.print_document`; they are printed by a job, so a printer
that does not answer delays nobody. Nothing here knows what stands on a paper.
"""
