package dev.larder.spring;

import dev.larder.server.LarderServer;
import org.springframework.context.ApplicationContext;
import org.springframework.context.event.ApplicationContextEvent;

/**
 * The server of a context's caches listens: published when the context is ready, if {@code
 * larder.server.enabled} is true.
 */
public final class LarderServerStartedEvent extends ApplicationContextEvent {
  private static final long serialVersionUID = 1L;

  private final transient LarderServer server;

  LarderServerStartedEvent(ApplicationContext context, LarderServer server) {
    super(context);
    this.server = server;
  }

  /**
   * The server, which knows its {@linkplain LarderServer#address() address}. It ends with the
   * context.
   */
  public LarderServer getServer() {
    return server;
  }
}
