// One process of the tests of Kafka (test/kafka/scenarios.mjs), made to be killed:
//
//   kafka_driver STORE init
//   kafka_driver STORE relay BROKERS SCOPE INSTANCE       until a signal; SIGTERM stops it in order
//   kafka_driver STORE consume BROKERS SCOPE INSTANCE eager|cooperative   the same
//   kafka_driver STORE append COUNT KEYS SEED             events, each in a transaction with its
//   number within the key kafka_driver STORE fill COUNT KEYS                    events, 500 in a
//   transaction kafka_driver STORE drain BROKERS SCOPE                relays until there is nothing
//   more; how fast (bench/kafka) kafka_driver STORE drink BROKERS SCOPE COUNT          consumes so
//   many; how fast kafka_driver STORE effects                            key, number and event id
//   of each effect, in order of commits kafka_driver STORE events                             the
//   same of the log kafka_driver STORE positions                          topic, partition, offset,
//   epoch and owner of each kafka_driver - half BROKERS TOPIC ID VALUE            a record in a
//   transaction that stays open, until a line on stdin: then
//                                                         it commits, and says how that went
// SCOPE: the shard, the group, and what topics begin with. STORE: postgres://…, or a folder for
// SQLite. Lines on stdout; the log on stderr.
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/random.h"
#include "platform/events/outbox.h"
#include "platform/kafka/consumer.h"
#include "platform/kafka/producer.h"
#include "platform/kafka/relay.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/embedded_migrations.h"
#include "platform/storage/migrations.h"
#include "platform/storage/postgres_database.h"
#include "platform/storage/schema_connection.h"
#include "platform/storage/sqlite_database.h"

namespace ashlar {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;
using storage::Transaction;

const storage::Context kContext = storage::Context::platform(storage::PlatformUse::kEvents);
constexpr int kRounds = 3;  // a number within a key may have to wait for another process's

constexpr storage::EmbeddedMigration kTables{
    "zz_driver", 1, "driver",
    "CREATE TABLE driver_numbers (key TEXT NOT NULL PRIMARY KEY, n INTEGER NOT NULL) STRICT;"
    "CREATE TABLE driver_effects (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL,"
    " n TEXT NOT NULL, event_id TEXT NOT NULL) STRICT;",
    "CREATE TABLE driver_numbers (key TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL);"
    "SELECT ashlar_platform_only('driver_numbers');"
    "CREATE TABLE driver_effects (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " key TEXT NOT NULL, n TEXT NOT NULL, event_id TEXT NOT NULL);"
    "SELECT ashlar_platform_only('driver_effects');"};

constexpr Sql kNext{Audience::kPlatform,
                    "INSERT INTO driver_numbers (key, n) VALUES (?1, 1) ON CONFLICT (key)"
                    " DO UPDATE SET n = driver_numbers.n + 1 RETURNING n"};
constexpr Sql kEffect{Audience::kPlatform,
                      "INSERT INTO driver_effects (key, n, event_id) VALUES (?1, ?2, ?3)"};
constexpr Sql kEffects{Audience::kPlatform,
                       "SELECT id, key, n, event_id FROM driver_effects WHERE id > ?1"
                       " ORDER BY id LIMIT 5000"};
constexpr Sql kEvents{Audience::kPlatform,
                      "SELECT seq, aggregateid, payload, id FROM outbox WHERE seq > ?1"
                      " ORDER BY seq LIMIT 5000"};
constexpr Sql kJump{Audience::kPlatform,
                    "UPDATE kafka_positions SET next_offset = next_offset + ?1"};
constexpr Sql kPositions{Audience::kPlatform,
                         "SELECT topic, partition, next_offset, epoch, owner FROM kafka_positions"
                         " ORDER BY topic, partition"};

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "kafka_driver: %s\n", why.c_str());
  std::exit(1);
}

template <class T>
T must(base::Result<T> result, const char* what) {
  if (!result.ok()) {
    die(std::string(what) + ": " + result.error().reason + ": " + result.error().detail);
  }
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

struct Process {
  explicit Process(std::string the_store) : store(std::move(the_store)) {}

  void open() {
    if (store.starts_with("postgres")) {
      storage::PostgresOptions options;
      options.url = store;
      options.connections = 6;
      db = must(storage::open_postgres(options, clock, entropy, log, metrics), "open");
    } else {
      storage::SqliteOptions options;
      options.directory = store;
      options.readers = 2;
      db = must(storage::open_sqlite(options, clock, log, metrics), "open");
    }
  }
  void init() {
    auto schema = store.starts_with("postgres")
                      ? storage::open_postgres_schema(store)
                      : storage::open_sqlite_schema(store, storage::SchemaAccess::kChange, clock);
    std::vector<storage::EmbeddedMigration> all(storage::embedded_migrations().begin(),
                                                storage::embedded_migrations().end());
    all.push_back(kTables);
    auto connection = must(std::move(schema), "schema");
    must(storage::apply_migrations(*connection, all, clock), "migrations");
  }

  const std::string store;
  base::SystemClock clock;
  base::SystemEntropy entropy;
  obs::Registry metrics;
  obs::Log log{obs::Level::kInfo, 2, clock, metrics};
  std::unique_ptr<storage::Database> db;
};

void wait_for_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  int signal = 0;
  sigwait(&set, &signal);
}

// Before any thread is made, so that all of them leave it to wait_for_signal().
void block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

kafka::RelayOptions relay_options(const std::string& brokers, const std::string& scope,
                                  const std::string& instance) {
  kafka::RelayOptions options;
  options.connection.brokers = brokers;
  options.shard = scope;
  options.topic_prefix = scope + ".event.";
  options.instance = instance;
  options.from_start = true;
  return options;
}

void relay(Process& process, const std::string& brokers, const std::string& scope,
           const std::string& instance) {
  kafka::RelayOptions options = relay_options(brokers, scope, instance);
  options.batch = 100;  // more transactions to be killed in
  kafka::Relay relay(options, *process.db, process.clock, process.entropy, process.metrics,
                     process.log);
  must(relay.enlist(), "enlist");
  relay.start();
  std::printf("ready\n");
  std::fflush(stdout);
  // Other processes append: nobody wakes us but the poll.
  std::atomic<bool> done{false};
  std::thread waker([&] {
    while (!done) {
      relay.wake();
      ::poll(nullptr, 0, 20);
    }
  });
  wait_for_signal();
  done = true;
  waker.join();
  relay.stop();
}

void report(const char* what, std::int64_t count, base::Mono begin, base::Mono end) {
  const double seconds = std::chrono::duration<double>(end - begin).count();
  std::printf("%s %lld in %.3f s: %.0f/s\n", what, static_cast<long long>(count), seconds,
              static_cast<double>(count) / seconds);
}

void drain(Process& process, const std::string& brokers, const std::string& scope) {
  kafka::Relay relay(relay_options(brokers, scope, "drain"), *process.db, process.clock,
                     process.entropy, process.metrics, process.log);
  must(relay.enlist(), "enlist");
  std::int64_t sent = must(relay.round(), "round").sent;  // with the start of the producer
  const base::Mono begin = process.clock.mono();
  const std::int64_t before = sent;
  for (bool more = true; more;) {
    const auto round = must(relay.round(), "round");
    sent += round.sent;
    more = round.more;
  }
  report("relayed", sent - before, begin, process.clock.mono());
}

kafka::ConsumerOptions consumer_options(const std::string& brokers, const std::string& scope,
                                        const std::string& instance) {
  kafka::ConsumerOptions options;
  options.connection.brokers = brokers;
  options.topics = {"^" + scope + "\\.event\\..*"};
  options.group = scope;
  options.instance = instance;
  options.session_timeout = base::Millis{6'000};
  options.events.name = "driver";
  options.events.types = {"*"};
  options.events.from_start = true;
  options.events.consume = [](Transaction& tx, const events::Event& event) -> base::Status {
    ASHLAR_TRY(tx.execute(kEffect, {event.aggregate_id, event.data, event.id}));
    return base::ok_status();
  };
  return options;
}

void drink(Process& process, const std::string& brokers, const std::string& scope,
           std::int64_t count) {
  kafka::Consumer consumer(consumer_options(brokers, scope, "drink"), *process.db, process.clock,
                           process.metrics, process.log);
  std::int64_t effects = 0;
  while (effects == 0) effects += must(consumer.round(base::Millis{100}), "round");
  const base::Mono begin = process.clock.mono();
  const std::int64_t before = effects;
  while (effects < count) effects += must(consumer.round(base::Millis{100}), "round");
  report("consumed", effects - before, begin, process.clock.mono());
}

void consume(Process& process, const std::string& brokers, const std::string& scope,
             const std::string& instance, bool cooperative) {
  kafka::ConsumerOptions options = consumer_options(brokers, scope, instance);
  options.cooperative = cooperative;
  options.events.batch = 50;
  kafka::Consumer consumer(std::move(options), *process.db, process.clock, process.metrics,
                           process.log);
  consumer.start();
  std::printf("ready\n");
  std::fflush(stdout);
  wait_for_signal();
  consumer.stop();
}

void append(Process& process, int count, int keys, std::uint64_t seed) {
  events::Outbox outbox(process.clock, process.entropy, [] {});
  base::Random random(seed);
  for (int i = 0; i < count; ++i) {
    const std::string key = "k" + std::to_string(random.below(static_cast<std::uint64_t>(keys)));
    const std::string type = random.below(3) == 0 ? "bill" : "order";
    base::Status done;
    for (int round = 0; round < kRounds; ++round) {
      done = process.db->write(kContext, [&](Transaction& tx) -> base::Status {
        std::int64_t n = 0;
        ASHLAR_TRY(tx.query(kNext, {type + key}, [&](const Row& row) { n = row.integer(0); }));
        ASHLAR_TRY(outbox.append_for(tx, base::TenantId(7),
                                     {.type = type + ".happened",
                                      .aggregate_type = type,
                                      .aggregate_id = type + key,
                                      .data = std::to_string(n),
                                      .traceparent = {}}));
        return base::ok_status();
      });
      if (done.ok()) break;
    }
    must(std::move(done), "append");
  }
}

void fill(Process& process, int count, int keys) {
  constexpr int kAtOnce = 500;
  const std::string data = "{\"text\":\"" + std::string(180, 'x') + "\"}";
  events::Outbox outbox(process.clock, process.entropy, [] {});
  for (int done = 0; done < count; done += kAtOnce) {
    must(process.db->write(kContext,
                           [&](Transaction& tx) -> base::Status {
                             for (int i = done; i < std::min(count, done + kAtOnce); ++i) {
                               ASHLAR_TRY(
                                   outbox.append_for(tx, base::TenantId(7),
                                                     {.type = "order.placed",
                                                      .aggregate_type = "order",
                                                      .aggregate_id = std::to_string(i % keys),
                                                      .data = data,
                                                      .traceparent = {}}));
                             }
                             return base::ok_status();
                           }),
         "fill");
  }
}

void list(Process& process, const Sql& sql) {
  std::int64_t after = 0;
  for (std::int64_t rows = 1; rows > 0;) {
    rows = must(process.db->read(kContext,
                                 [&](Transaction& tx) {
                                   return tx.query(sql, {after}, [&](const Row& row) {
                                     after = row.integer(0);
                                     std::printf("%s %s %s\n", std::string(row.text(1)).c_str(),
                                                 std::string(row.text(2)).c_str(),
                                                 std::string(row.text(3)).c_str());
                                   });
                                 }),
                "list");
  }
}

void jump(Process& process, std::int64_t by) {
  must(process.db->write(kContext, [&](Transaction& tx) { return tx.execute(kJump, {by}); }),
       "jump");
}

void forget(Process& process, const std::string& brokers, const std::string& topic, int partition,
            std::int64_t offset) {
  const kafka::Client client =
      must(kafka::open_client(kafka::Role::kProducer, {.brokers = brokers, .properties = {}}, {},
                              process.log),
           "client");
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = offset;
  rd_kafka_DeleteRecords_t* order = rd_kafka_DeleteRecords_new(list);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client.get());
  rd_kafka_DeleteRecords(client.get(), &order, 1, nullptr, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 20'000);
  if (event == nullptr || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    die("forget: no answer");
  }
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_DeleteRecords_destroy(order);
  rd_kafka_topic_partition_list_destroy(list);
}

void positions(Process& process) {
  must(process.db->read(kContext,
                        [&](Transaction& tx) {
                          return tx.query(kPositions, {}, [&](const Row& row) {
                            std::printf("%s %lld %lld %lld %s\n", std::string(row.text(0)).c_str(),
                                        static_cast<long long>(row.integer(1)),
                                        static_cast<long long>(row.integer(2)),
                                        static_cast<long long>(row.integer(3)),
                                        std::string(row.text(4)).c_str());
                          });
                        }),
       "positions");
}

const char* name_of(kafka::Outcome outcome) {
  switch (outcome) {
    case kafka::Outcome::kDone:
      return "done";
    case kafka::Outcome::kSpoilt:
      return "spoilt";
    case kafka::Outcome::kBroken:
      return "broken";
  }
  return "?";
}

void half(Process& process, const std::string& brokers, const std::string& topic,
          const std::string& id, const std::string& value) {
  const std::atomic<bool> stopping{false};
  const auto deadline = [&] { return process.clock.mono() + base::Seconds{20}; };
  auto producer =
      must(kafka::Producer::create(
               {.connection = {.brokers = brokers, .properties = {}}, .transactional_id = id},
               process.clock, process.log, stopping),
           "producer");
  const kafka::Outcome init = producer->init(deadline());
  if (init != kafka::Outcome::kDone) die("init: " + producer->problem());
  producer->begin();
  kafka::Record record{.topic = topic, .key = "k", .value = value, .headers = {}};
  producer->produce(record, 1, deadline());
  rd_kafka_flush(producer->client(), 20'000);
  std::printf("open\n");
  std::fflush(stdout);
  char line[16];
  const char* said = std::fgets(line, sizeof line, stdin);
  if (said != nullptr && std::strncmp(said, "abort", 5) == 0) {
    std::printf("%s\n", name_of(producer->abort(deadline())));
    return;
  }
  const kafka::Outcome outcome = producer->commit(deadline());
  std::printf("%s fenced=%d\n", name_of(outcome), producer->fenced() ? 1 : 0);
}

int run(const std::vector<std::string>& words) {
  if (words.size() < 2) die("STORE COMMAND …");
  Process process(words[0]);
  const std::string& command = words[1];
  const auto word = [&](std::size_t i) -> const std::string& {
    if (i >= words.size()) die(command + ": too few words");
    return words[i];
  };
  if (command == "half") {
    half(process, word(2), word(3), word(4), word(5));
    return 0;
  }
  if (command == "forget") {
    forget(process, word(2), word(3), std::stoi(word(4)), std::stoll(word(5)));
    return 0;
  }
  if (command == "init") {
    process.init();
    return 0;
  }
  process.open();
  if (command == "relay") {
    relay(process, word(2), word(3), word(4));
  } else if (command == "consume") {
    consume(process, word(2), word(3), word(4), word(5) == "cooperative");
  } else if (command == "append") {
    append(process, std::stoi(word(2)), std::stoi(word(3)), std::stoull(word(4)));
  } else if (command == "jump") {
    jump(process, std::stoll(word(2)));
  } else if (command == "fill") {
    fill(process, std::stoi(word(2)), std::stoi(word(3)));
  } else if (command == "drain") {
    drain(process, word(2), word(3));
  } else if (command == "drink") {
    drink(process, word(2), word(3), std::stoll(word(4)));
  } else if (command == "effects") {
    list(process, kEffects);
  } else if (command == "events") {
    list(process, kEvents);
  } else if (command == "positions") {
    positions(process);
  } else {
    die("unknown command " + command);
  }
  return 0;
}

}  // namespace
}  // namespace ashlar

int main(int count, char** words) {
  ashlar::block_signals();
  return ashlar::run({words + 1, words + count});
}
