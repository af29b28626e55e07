package dev.larder.server.command;

import dev.larder.protocol.Encoding;
import dev.larder.protocol.Reply;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** In place of a connection, where there is none: nobody hears what is said. */
class NoClient implements Wire {
  @Override
  public @Nullable Encoding encoding() {
    return null;
  }

  @Override
  public void speak(@Nullable Encoding encoding) {}

  @Override
  public void push(Reply message, BooleanSupplier wanted) {}

  @Override
  public void answer(Reply reply) {}

  @Override
  public void resume() {}

  @Override
  public void kill() {}

  @Override
  public boolean isWaiting() {
    return false;
  }

  @Override
  public boolean isDying() {
    return false;
  }

  @Override
  public String peer() {
    return "";
  }

  @Override
  public String local() {
    return "";
  }

  @Override
  public boolean isLocal() {
    return true;
  }

  @Override
  public long age() {
    return 0;
  }

  @Override
  public long idle() {
    return 0;
  }

  @Override
  public long unread() {
    return 0;
  }

  @Override
  public long unsent() {
    return 0;
  }
}
