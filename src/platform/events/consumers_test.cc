#include "platform/events/consumers.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/random.h"
#include "platform/events/testing/events_fixture.h"
#include "platform/storage/testing/forgetful_database.h"

namespace ashlar::events {
namespace {

using storage::Transaction;
using Strings = std::vector<std::string>;

class ConsumersTest : public EventsFixture {
 protected:
  // Fails those whose data is in `poison`, as long as it is.
  Consume picky(const std::string& name) {
    return [this, name](Transaction& tx, const Event& event) -> base::Status {
      if (poison_.contains(event.data)) {
        return base::fail(base::Code::kInvalid, "poison", "cannot take " + event.data);
      }
      return add_effect(tx, name, event);
    };
  }
  ConsumerView view_of(Consumers& consumers, const std::string& name) {
    const auto views = consumers.list();
    EXPECT_TRUE(views.ok());
    for (const ConsumerView& view : *views) {
      if (view.name == name) return view;
    }
    ADD_FAILURE() << "no consumer " << name;
    return {};
  }

  std::set<std::string> poison_;
};

INSTANTIATE_TEST_SUITE_P(Storage, ConsumersTest, storage::both_engines(), storage::engine_name);

TEST_P(ConsumersTest, EachEventOnceInOrder) {
  auto consumers = make_consumers("one", *db_);
  consumers->add(options("c", effect_of("c"), 7));
  Strings expected;
  for (int i = 0; i < 50; ++i) {
    expected.push_back(std::to_string(i));
    append("a" + std::to_string(i % 3), expected.back());
  }
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), expected);
  ASSERT_TRUE(consumers->run_until_idle().ok());
  append("a0", "50");
  expected.push_back("50");
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), expected);
}

// The answer of a COMMIT that came about is lost: what it did is not done again.
TEST_P(ConsumersTest, ACommitWithoutAnAnswerIsNotRepeated) {
  storage::ForgetfulDatabase forgetful(std::move(store_->open()).value());
  auto consumers = make_consumers("one", forgetful);
  consumers->add(options("c", effect_of("c"), 5));
  ASSERT_TRUE(consumers->run_until_idle().ok());  // it is registered, and has the lease
  Strings expected;
  for (int i = 0; i < 12; ++i) {
    expected.push_back(std::to_string(i));
    append("a", expected.back());
  }
  forgetful.forget_next();
  EXPECT_FALSE(consumers->run_until_idle().ok());
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), expected);
}

TEST_P(ConsumersTest, ANewOneBeginsAtTheNewestUnlessToldOtherwise) {
  append("a", "0");
  auto consumers = make_consumers("one", *db_);
  ConsumerOptions newest = options("newest", effect_of("newest"));
  newest.from_start = false;
  consumers->add(std::move(newest));
  consumers->add(options("oldest", effect_of("oldest")));
  ASSERT_TRUE(consumers->run_until_idle().ok());
  append("a", "1");
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_EQ(data_of("newest"), Strings({"1"}));
  EXPECT_EQ(data_of("oldest"), Strings({"0", "1"}));
}

TEST_P(ConsumersTest, OnlyTheTypesItWants) {
  auto consumers = make_consumers("one", *db_);
  consumers->add(options("exact", effect_of("exact"), 2, {"link.created"}));
  consumers->add(options("prefix", effect_of("prefix"), 2, {"link.*", "x_y"}));
  for (const char* type : {"link.created", "linkage.created", "link.updated", "x_y", "xzy"}) {
    append("a", type, type);
  }
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_EQ(data_of("exact"), Strings({"link.created"}));
  EXPECT_EQ(data_of("prefix"), Strings({"link.created", "link.updated", "x_y"}));
  EXPECT_EQ(view_of(*consumers, "exact").lag_events, 0);
}

TEST_P(ConsumersTest, EffectsSeeTheWholeEvent) {
  auto consumers = make_consumers("one", *db_);
  std::vector<Event> seen;
  consumers->add(options("c", [&](Transaction&, const Event& event) {
    seen.push_back(event);
    return base::ok_status();
  }));
  const auto written = db_->write(kEventsContext, [&](Transaction& tx) {
    return outbox_.append_for(tx, {}, {"a.b", "thing", "k/ü", R"({"n":1})", "00-ab-cd-01"});
  });
  ASSERT_TRUE(written.ok());
  append("x", "2", "a.c", kBob);
  ASSERT_TRUE(consumers->run_until_idle().ok());
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].seq, *written);
  EXPECT_EQ(seen[0].key(), "0/thing/k/ü");
  EXPECT_EQ(seen[0].type, "a.b");
  EXPECT_EQ(seen[0].data, R"({"n":1})");
  EXPECT_EQ(seen[0].traceparent, "00-ab-cd-01");
  EXPECT_EQ(seen[0].time, clock_.now());
  EXPECT_EQ(seen[0].id.size(), 36U);
  EXPECT_EQ(seen[0].id[14], '7');
  EXPECT_NE(seen[0].id, seen[1].id);
  EXPECT_EQ(seen[1].tenant, kBob);
}

TEST_P(ConsumersTest, APoisonEventParksItsKeyAndOthersGoOn) {
  auto consumers = make_consumers("one", *db_);
  consumers->add(options("c", picky("c")));
  poison_ = {"a1"};
  for (const char* data : {"a0", "b0", "a1", "b1", "a2", "b2"}) append({data[0]}, data);
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), Strings({"a0", "b0", "b1", "b2"}));
  EXPECT_EQ(view_of(*consumers, "c").parked, 2);

  append("a", "a3");  // behind, though it comes later
  append("b", "b3");
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), Strings({"a0", "b0", "b1", "b2", "b3"}));
  EXPECT_EQ(view_of(*consumers, "c").parked, 3);

  clock_.advance(base::Millis{1000});  // the second attempt fails too
  ASSERT_TRUE(consumers->run_until_idle().ok());
  poison_.clear();
  clock_.advance(base::Millis{1999});
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_EQ(data_of("c").size(), 5U);
  clock_.advance(base::Millis{1});
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), Strings({"a0", "b0", "b1", "b2", "b3", "a1", "a2", "a3"}));
  EXPECT_EQ(view_of(*consumers, "c").parked, 0);
}

TEST_P(ConsumersTest, AttemptsUsedUpMakeADeadLetterAndItsKeyGoesOn) {
  auto consumers = make_consumers("one", *db_);
  consumers->add(options("c", picky("c")));
  poison_ = {"a0"};
  for (const char* data : {"a0", "a1", "b0"}) append({data[0]}, data);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(consumers->run_until_idle().ok());
    clock_.advance(base::Millis{2000});
  }
  EXPECT_EQ(data_of("c"), Strings({"b0", "a1"}));
  const auto dead = consumers->dead_letters("c", 0, 10);
  ASSERT_TRUE(dead.ok());
  ASSERT_EQ(dead->size(), 1U);
  EXPECT_EQ(dead->front().event.data, "a0");
  EXPECT_EQ(dead->front().attempts, 3);
  EXPECT_EQ(dead->front().error, "poison: cannot take a0");
  EXPECT_EQ(view_of(*consumers, "c").dead, 1);
  EXPECT_TRUE(consumers->dead_letters("other", 0, 10)->empty());
  EXPECT_EQ(consumers->dead_letters("", 0, 10)->size(), 1U);

  poison_.clear();
  ASSERT_TRUE(consumers->replay_dead(dead->front().id).ok());
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), Strings({"b0", "a1", "a0"}));
  EXPECT_EQ(view_of(*consumers, "c").dead, 0);
  const auto again = consumers->replay_dead(dead->front().id);
  ASSERT_FALSE(again.ok());
  EXPECT_STREQ(again.error().reason, "dead_letter_not_found");
}

TEST_P(ConsumersTest, AReplayedDeadLetterGoesBehindWhatItsKeyHasParked) {
  auto consumers = make_consumers("one", *db_);
  consumers->add(options("c", picky("c")));
  poison_ = {"a0"};
  append("a", "a0");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(consumers->run_until_idle().ok());
    clock_.advance(base::Millis{2000});
  }
  poison_ = {"a1"};
  append("a", "a1");
  ASSERT_TRUE(consumers->run_until_idle().ok());
  const auto dead = consumers->dead_letters("c", 0, 10);
  ASSERT_EQ(dead->size(), 1U);
  ASSERT_TRUE(consumers->replay_dead(dead->front().id).ok());
  poison_.clear();
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_TRUE(data_of("c").empty());  // a1 is not due yet
  clock_.advance(base::Millis{1000});
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), Strings({"a1", "a0"}));
}

TEST_P(ConsumersTest, AnExceptionIsAFailureToo) {
  auto consumers = make_consumers("one", *db_);
  consumers->add(options("c", [](Transaction& tx, const Event& event) {
    if (event.data == "1") throw std::runtime_error("boom");
    return add_effect(tx, "c", event);
  }));
  for (const char* data : {"0", "1", "2"}) append(data, data);
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), Strings({"0", "2"}));
  EXPECT_EQ(view_of(*consumers, "c").parked, 1);
}

TEST_P(ConsumersTest, AFailingStatementHarmsOnlyItsEvent) {
  static constexpr storage::Sql kNull{storage::Audience::kPlatform,
                                      "INSERT INTO event_parked (consumer) VALUES (?1)"};
  auto consumers = make_consumers("one", *db_);
  consumers->add(options("c", [](Transaction& tx, const Event& event) -> base::Status {
    if (event.data == "1") ASHLAR_TRY(tx.execute(kNull, {std::string_view("x")}));
    return add_effect(tx, "c", event);
  }));
  for (const char* data : {"0", "1", "2"}) append(data, data);
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), Strings({"0", "2"}));
  EXPECT_EQ(view_of(*consumers, "c").parked, 1);
}

TEST_P(ConsumersTest, TheDatabasesTroubleCostsNoAttempts) {
  auto consumers = make_consumers("one", *db_);
  bool trouble = true;
  consumers->add(options("c", [&](Transaction& tx, const Event& event) -> base::Status {
    if (trouble) return base::fail(base::Code::kUnavailable, "storage_unavailable", "gone");
    return add_effect(tx, "c", event);
  }));
  append("a", "0");
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(consumers->run_until_idle().ok());
  EXPECT_EQ(view_of(*consumers, "c").parked, 0);
  trouble = false;
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), Strings({"0"}));
}

TEST_P(ConsumersTest, ReplayByKeyAndTime) {
  auto consumers = make_consumers("one", *db_);
  consumers->add(options("c", effect_of("c"), 2));
  for (int i = 0; i < 6; ++i) {
    append(i % 2 == 0 ? "even" : "odd", std::to_string(i));
    clock_.advance(base::Seconds{10});
  }
  append("even", "bob's", "thing.changed", kBob);
  ASSERT_TRUE(consumers->run_until_idle().ok());
  const base::Time last = clock_.now();
  append("even", "new");  // not consumed yet: replay leaves it to the log

  ReplayRange key{
      .aggregate_type = "thing", .aggregate_id = "even", .tenant = kAlice, .from = {}, .to = {}};
  const auto by_key = consumers->replay("c", key);
  ASSERT_TRUE(by_key.ok());
  EXPECT_EQ(*by_key, 3);
  ASSERT_TRUE(consumers->run_until_idle().ok());
  Strings all = data_of("c");
  EXPECT_EQ(Strings(all.begin() + 7, all.end()), Strings({"0", "2", "4", "new"}));

  ReplayRange time{.aggregate_type = {},
                   .aggregate_id = {},
                   .tenant = {},
                   .from = last - base::Seconds{30},
                   .to = last};
  EXPECT_EQ(*consumers->replay("c", time), 3);  // 3, 4, 5
  ASSERT_TRUE(consumers->run_until_idle().ok());
  all = data_of("c");
  const std::multiset<std::string> replayed(all.begin() + 11, all.end());
  EXPECT_EQ(replayed, (std::multiset<std::string>{"3", "4", "5"}));

  const auto none = consumers->replay("nobody", {});
  ASSERT_FALSE(none.ok());
  EXPECT_STREQ(none.error().reason, "consumer_not_found");
}

TEST_P(ConsumersTest, AnotherInstanceTakesOverWhenTheLeaseIsOverAndTheOldOneCannotCommit) {
  auto other_db = std::move(store_->open()).value();
  auto first = make_consumers("first", *db_);
  auto second = make_consumers("second", *other_db);
  first->add(options("c", effect_of("c")));
  second->add(options("c", effect_of("c")));
  append("a", "0");
  ASSERT_TRUE(first->run_until_idle().ok());
  ASSERT_TRUE(second->run_until_idle().ok());
  EXPECT_EQ(view_of(*first, "c").owner, "first");
  append("a", "1");
  ASSERT_TRUE(second->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), Strings({"0"}));  // it has no lease
  clock_.advance(Consumers::kLease + base::Millis{1});
  ASSERT_TRUE(second->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), Strings({"0", "1"}));
  EXPECT_EQ(view_of(*first, "c").owner, "second");
  append("a", "2");
  ASSERT_TRUE(first->run_until_idle().ok());  // believes it leads, and is fenced
  EXPECT_EQ(data_of("c"), Strings({"0", "1"}));
  ASSERT_TRUE(second->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), Strings({"0", "1", "2"}));
  second->stop();  // gives the lease back: nobody waits
  append("a", "3");
  ASSERT_TRUE(first->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), Strings({"0", "1", "2", "3"}));
}

TEST_P(ConsumersTest, WhoIsAloneTakesTheLeaseOfTheDeadAtOnce) {
  auto dead = make_consumers("dead", *db_);
  dead->add(options("c", effect_of("c")));
  ASSERT_TRUE(dead->run_until_idle().ok());
  Consumers alone({.instance = "alone", .alone = true}, *db_, clock_, metrics_, log_);
  alone.add(options("c", effect_of("c")));
  append("a", "0");
  ASSERT_TRUE(alone.run_until_idle().ok());
  EXPECT_EQ(data_of("c"), Strings({"0"}));
  // Nothing is kept for the next one.
  alone.stop();
  EXPECT_EQ(view_of(alone, "c").owner, "");
}

TEST_P(ConsumersTest, InstancesThatTakeTheLeaseFromEachOtherRepeatNothing) {
  auto other_db = std::move(store_->open()).value();
  auto first = make_consumers("first", *db_);
  auto second = make_consumers("second", *other_db);
  first->add(options("c", effect_of("c"), 1));
  second->add(options("c", effect_of("c"), 1));
  Strings expected;
  for (int i = 0; i < 40; ++i) {
    expected.push_back(std::to_string(i));
    append("a", expected.back());
    // They take turns at random, each time believing that the lease of the other is over.
    clock_.advance(Consumers::kLease + base::Millis{1});
    ASSERT_TRUE((i % 3 == 0 ? first : second)->run_until_idle().ok());
    ASSERT_TRUE((i % 2 == 0 ? first : second)->run_until_idle().ok());
  }
  EXPECT_EQ(data_of("c"), expected);
}

TEST_P(ConsumersTest, RetentionKeepsWhatSomebodyStillNeeds) {
  auto consumers = make_consumers("one", *db_, base::Seconds{100});
  consumers->add(options("c", picky("c")));
  poison_ = {"dead"};
  append("a", "dead");
  append("b", "old");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(consumers->run_until_idle().ok());
    clock_.advance(base::Seconds{40});
  }
  append("b", "unread");
  ASSERT_TRUE(consumers->tend().ok());
  EXPECT_EQ(log_size(), 2);  // "old" is over; "dead" is a dead letter, "unread" is young
  clock_.advance(base::Seconds{101});
  ASSERT_TRUE(consumers->tend().ok());
  EXPECT_EQ(log_size(), 2);  // nobody has consumed it yet
  ASSERT_TRUE(consumers->run_until_idle().ok());
  clock_.advance(base::Seconds{5});
  ASSERT_TRUE(consumers->run_until_idle().ok());  // the lease's renewal writes the position
  ASSERT_TRUE(consumers->tend().ok());
  EXPECT_EQ(log_size(), 1);
  const auto dead = consumers->dead_letters("c", 0, 10);
  ASSERT_EQ(dead->size(), 1U);
  EXPECT_EQ(dead->front().event.data, "dead");

  clock_.advance(base::Seconds{31 * 24 * 3600});
  ASSERT_TRUE(consumers->run_until_idle().ok());
  ASSERT_TRUE(consumers->tend().ok());
  ASSERT_TRUE(consumers->tend().ok());
  EXPECT_TRUE(consumers->dead_letters("c", 0, 10)->empty());
  EXPECT_EQ(log_size(), 0);
}

TEST_P(ConsumersTest, AForgottenConsumerHoldsNothingBack) {
  auto consumers = make_consumers("one", *db_, base::Seconds{100});
  consumers->add(options("alive", effect_of("alive")));
  {
    auto gone = make_consumers("two", *db_);
    gone->add(options("gone", effect_of("gone")));
    ASSERT_TRUE(gone->run_until_idle().ok());
  }
  append("a", "0");
  clock_.advance(base::Seconds{200});
  ASSERT_TRUE(consumers->run_until_idle().ok());
  ASSERT_TRUE(consumers->tend().ok());
  EXPECT_EQ(log_size(), 1);
  clock_.advance(Consumers::kForgotten);
  ASSERT_TRUE(consumers->run_until_idle().ok());
  ASSERT_TRUE(consumers->tend().ok());
  EXPECT_EQ(log_size(), 0);
  ASSERT_EQ(consumers->list()->size(), 1U);
}

TEST_P(ConsumersTest, LagIsShown) {
  auto consumers = make_consumers("one", *db_);
  consumers->add(options("c", effect_of("c")));
  ASSERT_TRUE(consumers->run_until_idle().ok());
  append("a", "0");
  clock_.advance(base::Millis{1500});
  append("a", "1");
  const ConsumerView behind = view_of(*consumers, "c");
  EXPECT_EQ(behind.lag_events, 2);
  EXPECT_EQ(behind.lag_time, base::Millis{1500});
  ASSERT_TRUE(consumers->tend().ok());
  const std::string text = metrics_.render();
  EXPECT_NE(text.find("ashlar_events_lag{consumer=\"c\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("ashlar_events_lag_seconds{consumer=\"c\"} 1.5\n"), std::string::npos);
  ASSERT_TRUE(consumers->run_until_idle().ok());
  EXPECT_EQ(view_of(*consumers, "c").lag_events, 0);
  EXPECT_EQ(view_of(*consumers, "c").lag_time, base::Millis{0});
}

TEST_P(ConsumersTest, WithThreadsEventsArriveWithoutWaitingForThePoll) {
  auto consumers = make_consumers("one", *db_);
  Outbox outbox(clock_, entropy_, [&] { consumers->wake(); });
  consumers->add(options("c", effect_of("c")));
  consumers->start();
  const base::Mono begin = store_->clock.mono();
  for (int i = 0; i < 20; ++i) {
    const auto written = db_->write(storage::Context::tenant(kAlice), [&](Transaction& tx) {
      return outbox.append(tx, event("a", std::to_string(i)));
    });
    ASSERT_TRUE(written.ok());
    // By the poll alone twenty rounds would take twenty seconds.
    while (effects("c").size() <= static_cast<std::size_t>(i)) {
      ASSERT_LT(store_->clock.mono() - begin, base::Seconds{15});
    }
  }
  consumers->stop();
}

// Random events, failures, takeovers: against a model that only knows the promises.
TEST_P(ConsumersTest, RandomFailuresKeepTheOrderOfEveryKeyAndLoseNothing) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    base::Random random(seed);
    const std::string name = "c" + std::to_string(seed);
    auto other_db = std::move(store_->open()).value();
    const auto flaky = [&](Transaction& tx, const Event& event) -> base::Status {
      if (random.chance(0.2)) return base::fail(base::Code::kInternal, "flaky", "at random");
      return add_effect(tx, name, event);
    };
    auto first = make_consumers("first", *db_);
    auto second = make_consumers("second", *other_db);
    for (auto* consumers : {first.get(), second.get()}) {
      ConsumerOptions chosen = options(name, flaky, static_cast<int>(1 + random.below(9)));
      chosen.max_attempts = 1000;
      chosen.from_start = false;
      consumers->add(std::move(chosen));
      ASSERT_TRUE(consumers->run_until_idle().ok());
    }
    std::map<std::string, std::vector<std::int64_t>> expected;
    for (int i = 0; i < 60; ++i) {
      for (std::uint64_t n = random.below(5); n > 0; --n) {
        const std::string id(1, static_cast<char>('a' + random.below(4)));
        expected["1/thing/" + id].push_back(append(id, "x"));
      }
      auto& consumers = random.chance(0.5) ? first : second;
      ASSERT_TRUE(consumers->run_until_idle().ok());
      clock_.advance(base::Millis{random.below(4000)});
    }
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE(first->run_until_idle().ok());
      ASSERT_TRUE(second->run_until_idle().ok());
      clock_.advance(base::Millis{6000});
    }
    std::map<std::string, std::vector<std::int64_t>> seen;
    for (const Effect& effect : effects(name)) seen[effect.key].push_back(effect.seq);
    EXPECT_EQ(seen, expected);
  }
}

}  // namespace
}  // namespace ashlar::events
