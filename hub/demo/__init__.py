"""The demo: a small optician's whose customers, orders and conversations are all made up.

Everything comes in the way it would in real life: customers write in the web chat, operators
answer over the API with their own sign-ins, a shop pushes its orders with a token.
"""
