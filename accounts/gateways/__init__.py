"""What reaches outside: SMS vendors, WeChat, directories. Each is behind a small Protocol and tests with real peers."""
