"""Packing: an order is verified unit by unit at a station, boxed, weighed and shipped as a parcel.

A packing session is one parcel in the making; an order has one open session at most. The package
also has the types of boxes, the weights it learns from past parcels, the manifests with which
parcels are handed over to their carriers, and the book of the packaging that was used. Parcels
themselves belong to `fulfilment`, totes to `picking`.
"""
