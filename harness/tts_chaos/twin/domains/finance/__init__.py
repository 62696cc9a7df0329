"""What the platform owes the seller: transactions, statements, payments, withdrawals.

Nothing here is stored: the books follow from the orders and from the platform's time.
"""
