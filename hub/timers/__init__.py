"""Reply timers: by when a customer is to be answered, in business time."""
