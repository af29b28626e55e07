package com.example.books;

import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/** Asks everything twice, so that there is something in the caches to look at with redis-cli. */
@SpringBootApplication
@EnableCaching
public class BooksApplication {
  public static void main(String[] args) {
    SpringApplication.run(BooksApplication.class, args);
  }

  @Bean
  ApplicationRunner asker(Books books, Environment environment) {
    return arguments -> {
      for (int i = 0; i < 2; i++) {
        books.byIsbn("978-0441013593");
        books.edition("Dune", 2);
        books.review("978-0441013593");
        Author author = books.author("Frank Herbert");
        author.setName("changed, but not in the cache");
        books.inStock("978-0441013593");
        books.price("978-0441013593").join();
        books.rating("978-0441013593").block();
        books.tags("978-0441013593").blockLast();
      }
      System.out.println(
          "Asked 16 times, computed "
              + books.calls()
              + " times. Now look: redis-cli -p "
              + environment.getProperty("local.larder.port")
              + " KEYS '*'");
    };
  }
}
