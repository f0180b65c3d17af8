"""Writes the phone numbers that are there in E.164, so that a number has one spelling."""

import phonenumbers
from django.db import migrations, transaction
from django.db.utils import IntegrityError


def write_in_e164(apps, schema_editor):
    """What is no number stays as it is; so does a second spelling of a number that is taken in its tenant."""
    people = apps.get_model("accounts", "User").objects.using(schema_editor.connection.alias)
    last = 0
    while batch := list(people.filter(pk__gt=last).exclude(phone=None).order_by("pk").values_list("pk", "phone")[:2000]):
        last = batch[-1][0]
        for pk, phone in batch:
            written = as_e164(phone)
            if written == phone:
                continue
            try:
                with transaction.atomic(using=schema_editor.connection.alias):
                    people.filter(pk=pk).update(phone=written)
            except IntegrityError:
                print(f"  user {pk}: the phone number is another user's too, spelled otherwise; kept as it is")


def as_e164(text):
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return text
    if number.extension or not phonenumbers.is_valid_number(number):
        return text
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # E.164 has no more than 15 digits.
    return written if len(written) <= 16 else text


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_sms")]

    operations = [migrations.RunPython(write_in_e164, migrations.RunPython.noop, elidable=False)]
