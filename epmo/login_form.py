"""The log-in form: the field is `login`; scripts that log in may also call it `username`."""

from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from django.http import QueryDict


class LoginForm(AllauthLoginForm):
    """Takes `username` where `login` is not sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        data = kwargs.get("data")
        if isinstance(data, QueryDict) and "username" in data and "login" not in data:
            data = data.copy()
            data.setlist("login", data.getlist("username"))
            kwargs["data"] = data
        super().__init__(*args, **kwargs)
