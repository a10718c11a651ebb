"""The screens: each owns one conversation between the operator and the shop.

A screen takes what the operator does, lets a flow decide, asks the client, and shows the outcome.
Screens never import the app; they tell it by message where to go.
"""
