enum TestServers {}
