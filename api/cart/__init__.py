"""What someone is thinking of buying, guest or known. A cart promises nothing: prices and stock
are looked up each time that it is read, and agreed on only when it becomes an order.
"""
