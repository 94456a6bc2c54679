"""What an administrator's change sets off, announced before it is confirmed."""
