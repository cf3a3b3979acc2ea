"""What depends on a language or a country: built-in words, numbers, days, telephone numbers, mailboxes."""
