"""SMS: customers text a number of the company's, through whichever gateway it rents it from."""

from channels.sms.channel import channel_type

__all__ = ["channel_type"]
