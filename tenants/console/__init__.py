"""What every page of the console is built from, so that each of them scopes. It must not know accounts or oauthx.

What a person may see is decided in `tenants/scoping.py`; here it is only carried out.
"""

from tenants.console.admins import LargeTableAdmin, ReadOnlyAdmin, ScopedModelAdmin, ScopedTabularInline
from tenants.console.connection import Finding, TestsConnection
from tenants.console.filters import MomentFilter, ScopedFilter
from tenants.console.forms import ScopedInlineFormSet, ScopedModelForm
from tenants.console.keys import KeysField
from tenants.console.secrets import keeps_secret

__all__ = [
    "Finding",
    "KeysField",
    "LargeTableAdmin",
    "MomentFilter",
    "ReadOnlyAdmin",
    "ScopedFilter",
    "ScopedInlineFormSet",
    "ScopedModelAdmin",
    "ScopedModelForm",
    "ScopedTabularInline",
    "TestsConnection",
    "keeps_secret",
]
