"""How pages write days and times: in both languages the same, so that what stands on one is found on another."""
