"""What commands share: the application, its options, output, files."""
