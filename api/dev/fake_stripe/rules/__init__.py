"""What Stripe does, without HTTP: each module takes an `Account` and changes its books."""
