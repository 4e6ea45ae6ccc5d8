"""Views: unpack the request, call one page function, answer."""
