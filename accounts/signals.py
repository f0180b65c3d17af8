"""What the people's app tells others of. It must not know who listens."""

from django.dispatch import Signal

# Sent with `user`, in the transaction of the change: whatever was granted on the old password shall end.
password_changed = Signal()
# Sent with `session` and `reason`, in the transaction of its end: whatever came of this sign-in shall follow.
session_ended = Signal()
# Sent with `user` and `reason`, in the transaction of it: nothing that was granted to this person shall last.
signed_out_everywhere = Signal()
