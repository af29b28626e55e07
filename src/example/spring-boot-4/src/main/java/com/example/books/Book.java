package com.example.books;

import java.time.LocalDate;

/** A record of values that cannot change: caches share it, and copy nothing. */
public record Book(String isbn, String title, LocalDate published) {}
