package dev.larder.server.clients;

import org.jspecify.annotations.Nullable;

/** How a client introduces itself: what every client is tried with, one row each. */
enum Login {
  // spotless:off
  //       protocol  user   password  database  name
  DEFAULTS(0,        null,  null,     0,        null),
  RESP2   (2,        null,  null,     0,        null),
  RESP3   (3,        null,  null,     0,        null),
  PASSWORD(0,        null,  "secret", 0,        null),
  USER    (3,        "ann", "pw",     0,        null),
  DATABASE(0,        null,  null,     3,        "larder-test"),
  ALL     (3,        "ann", "pw",     3,        "larder-test");
  // spotless:on

  /** 2 or 3; 0 for what the client does by itself. */
  final int protocol;

  final @Nullable String user;
  final @Nullable String password;
  final int database;
  final @Nullable String name;

  Login(
      int protocol,
      @Nullable String user,
      @Nullable String password,
      int database,
      @Nullable String name) {
    this.protocol = protocol;
    this.user = user;
    this.password = password;
    this.database = database;
    this.name = name;
  }

  /** What {@code CLIENT LIST} says of each connection that logged in so. */
  String[] shown() {
    return new String[] {
      "db=" + database, "name=" + (name == null ? "" : name), "user=" + userName()
    };
  }

  /** Who {@code ACL WHOAMI} says it is. */
  String userName() {
    return user == null ? "default" : user;
  }
}
