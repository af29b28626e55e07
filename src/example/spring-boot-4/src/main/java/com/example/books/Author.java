package com.example.books;

import java.io.Serializable;

/** An object that can change: caches hand out copies. */
public class Author implements Serializable {
  private static final long serialVersionUID = 1L;

  private String name;

  public Author(String name) {
    this.name = name;
  }

  public String getName() {
    return name;
  }

  public void setName(String name) {
    this.name = name;
  }
}
