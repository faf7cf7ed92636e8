// Two processes on one database, threads and all: whatever races, one of them wins, and the books
// add up. ASHLAR_TEST_ROUNDS asks for more rounds than a unit test's few.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "modules/payments/testing/payments_fixture.h"

namespace ashlar::payments {
namespace {

// A bank for many threads.
class LockedBank final : public Provider {
 public:
  [[nodiscard]] std::string_view name() const override { return "north"; }
  void submit(ProviderCall call, Done done) override {
    ProviderAnswer given;
    {
      const std::lock_guard lock(mutex_);
      bank_.submit(std::move(call), [&](ProviderAnswer answer) { given = std::move(answer); });
    }
    done(std::move(given));
  }
  void query(ProviderCall call, Done done) override {
    ProviderAnswer given;
    {
      const std::lock_guard lock(mutex_);
      bank_.query(std::move(call), [&](ProviderAnswer answer) { given = std::move(answer); });
    }
    done(std::move(given));
  }
  base::Result<std::vector<ProviderNotice>> read_webhook(std::string_view /*body*/,
                                                         const Headers& /*headers*/) override {
    return std::vector<ProviderNotice>{};
  }
  [[nodiscard]] base::Seconds remembers() const override { return base::Seconds{24 * 3600}; }
  [[nodiscard]] Money moved(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto at = bank_.moved.find(key);
    return at == bank_.moved.end() ? 0 : at->second;
  }

 private:
  std::mutex mutex_;
  ModelBank bank_{"north"};
};

class OneBank final : public Providers {
 public:
  [[nodiscard]] std::vector<std::string> route(const ProviderCall& /*call*/) const override {
    return {"north"};
  }
  [[nodiscard]] Provider* find(std::string_view name) const override {
    return name == "north" ? &bank : nullptr;
  }
  mutable LockedBank bank;
};

int rounds() {
  const char* asked = std::getenv("ASHLAR_TEST_ROUNDS");  // NOLINT(concurrency-mt-unsafe)
  return asked == nullptr ? 3 : std::atoi(asked);         // NOLINT(cert-err34-c)
}

class PaymentsRaceTest : public PaymentsFixture {
 protected:
  struct Node {
    Node(PaymentsRaceTest& in, std::uint64_t seed)
        : entropy(seed),
          db(std::move(in.store_->open()).value()),
          outbox(in.clock_, entropy, [] {}),
          writer(*db, in.clock_, in.registry_, in.log_),
          payments({}, *db, writer, outbox, in.bank_, in.clock_, entropy, in.registry_, in.log_) {
      payments.set_face(FaceKind::kNative, in.face_);
      writer.start();
    }
    ~Node() { writer.stop(); }
    base::SeededEntropy entropy;
    std::unique_ptr<storage::Database> db;
    events::Outbox outbox;
    ledger::BookWriter writer;
    Payments payments;
  };
  using Call = std::function<void(Payments&, Done)>;

  void SetUp() override {
    PaymentsFixture::SetUp();
    if (IsSkipped()) return;
    nodes_.push_back(std::make_unique<Node>(*this, 101));
    nodes_.push_back(std::make_unique<Node>(*this, 102));
  }
  void TearDown() override {
    nodes_.clear();
    PaymentsFixture::TearDown();
  }

  struct Counted {
    int ok = 0, refused = 0;
    std::vector<std::string> bodies, reasons;
  };
  // Each call `times`, on both nodes at once.
  Counted race(const std::vector<Call>& calls, int times) {
    Counted counted;
    std::mutex mutex;
    std::atomic<int> open{0};
    std::vector<std::thread> threads;
    for (const auto& node : nodes_) {
      for (const Call& call : calls) {
        threads.emplace_back([&, node = node.get()] {
          for (int i = 0; i < times; ++i) {
            ++open;
            call(node->payments, [&](const base::Result<Answered>& answer) {
              const std::lock_guard lock(mutex);
              ++(answer.ok() ? counted.ok : counted.refused);
              if (answer.ok()) counted.bodies.push_back(answer->body);
              if (!answer.ok()) counted.reasons.emplace_back(answer.error().reason);
              --open;
            });
          }
        });
      }
    }
    for (std::thread& thread : threads) thread.join();
    while (open.load() > 0) std::this_thread::yield();
    return counted;
  }
  Answered one(const Call& call) {
    std::atomic<bool> done{false};
    Answered given;
    call(nodes_[0]->payments, [&](const base::Result<Answered>& answer) {
      EXPECT_TRUE(answer.ok()) << answer.error().detail;
      if (answer.ok()) given = *answer;
      done = true;
    });
    while (!done.load()) std::this_thread::yield();
    return given;
  }
  std::string made(Money amount, Capture capture) {
    NewPayment payment = wanted(amount, capture);
    payment.confirm = true;
    return id_of(
        one([&](Payments& at, Done done) { at.create(plain(), payment, std::move(done)); }));
  }
  // Without counting requests: many threads ask.
  static Asked plain(const std::string& key = "", const std::string& fingerprint = "same") {
    Asked asked;
    asked.tenant = kAda;
    asked.mode = "test";
    asked.fingerprint = fingerprint;
    if (!key.empty()) asked.key = key;
    return asked;
  }

  OneBank bank_;
  std::vector<std::unique_ptr<Node>> nodes_;
};
// SQLite has one process; two writers in it stand for two instances there.
INSTANTIATE_TEST_SUITE_P(Storage, PaymentsRaceTest, storage::both_engines(), storage::engine_name);

TEST_P(PaymentsRaceTest, FiftyDuplicatesHaveOneEffect) {
  for (int round = 0; round < rounds(); ++round) {
    const std::string key = "create-" + std::to_string(round);
    NewPayment payment = wanted(100, Capture::kAutomatic);
    payment.confirm = true;
    const Counted counted =
        race({[&](Payments& at, Done done) { at.create(plain(key), payment, std::move(done)); },
              [&](Payments& at, Done done) { at.create(plain(key), payment, std::move(done)); },
              [&](Payments& at, Done done) {
                at.create(plain(key, "other"), payment, std::move(done));
              }},
             17);
    ASSERT_GE(counted.ok, 1);
    for (const std::string& body : counted.bodies) EXPECT_EQ(body, counted.bodies[0]);
    for (const std::string& reason : counted.reasons) {
      EXPECT_TRUE(reason == "idempotency_key_in_use" || reason == "idempotency_key_reused")
          << reason;
    }
  }
  std::size_t made = 0;
  Window window{.limit = 1000};
  for (bool more = true; more;) {
    const auto page = read([&](Reads& reads) { return reads.payments(window); });
    made += page.rows.size();
    more = page.has_more;
    if (more) window.starting_after = page.rows.back().id;
  }
  EXPECT_EQ(made, static_cast<std::size_t>(rounds()));
}

TEST_P(PaymentsRaceTest, Hyperswitch13182TwoRefundsOfSixtyOnAHundred) {
  for (int round = 0; round < rounds(); ++round) {
    const std::string id = made(100, Capture::kAutomatic);
    const Counted counted = race(
        {[&](Payments& at, Done done) { at.refund(plain(), of(id, 60), std::move(done)); }}, 1);
    EXPECT_EQ(counted.ok, 1);
    EXPECT_EQ(payment(id).refunded(), 60);
  }
}

TEST_P(PaymentsRaceTest, Blnk41ADoubleVoid) {
  for (int round = 0; round < rounds(); ++round) {
    const std::string id = made(100, Capture::kManual);
    const Counted counted =
        race({[&](Payments& at, Done done) { at.cancel(plain(), id, "", std::move(done)); }}, 2);
    EXPECT_EQ(counted.ok, 1);
    EXPECT_EQ(payment(id).state, PaymentState::kCanceled);
  }
}

TEST_P(PaymentsRaceTest, ACaptureAndAVoidAtOnce) {
  for (int round = 0; round < rounds(); ++round) {
    const std::string id = made(100, Capture::kManual);
    const Counted counted =
        race({[&](Payments& at, Done done) { at.cancel(plain(), id, "", std::move(done)); },
              [&](Payments& at, Done done) { at.capture(plain(), id, {}, std::move(done)); }},
             1);
    EXPECT_EQ(counted.ok, 1);
    const Payment now = payment(id);
    EXPECT_EQ(now.captured(), now.state == PaymentState::kSucceeded ? 100 : 0);
  }
}

TEST_P(PaymentsRaceTest, SeveralCapturesNeverSumToMoreThanIsAuthorised) {
  for (int round = 0; round < rounds(); ++round) {
    const std::string id = made(100, Capture::kManual);
    race({[&](Payments& at, Done done) { at.capture(plain(), id, {30, false}, std::move(done)); }},
         4);
    EXPECT_LE(payment(id).captured(), 90);
    EXPECT_GE(payment(id).captured(), 30);
  }
}

TEST_P(PaymentsRaceTest, ARefundWhileItIsDisputed) {
  for (int round = 0; round < rounds(); ++round) {
    const std::string id = made(100, Capture::kAutomatic);
    ProviderNotice opened;
    opened.id = "n" + std::to_string(round);
    opened.kind = NoticeKind::kDisputeOpened;
    opened.tenant = kAda;
    opened.reference = "d" + std::to_string(round);
    opened.about = payment(id).attempts[0].reference;
    opened.amount = 100;
    const Counted counted =
        race({[&](Payments& at, Done done) { at.refund(plain(), of(id, 100), std::move(done)); },
              [&](Payments& at, Done done) {
                at.notice("north", opened, [done](const base::Status& status) {
                  if (status.ok()) return done(Answered{});
                  done(status.error());
                });
              }},
             1);
    const Payment now = payment(id);
    EXPECT_EQ(now.disputes.size(), 1u);
    EXPECT_LE(now.refunds.size(), 1u);
    EXPECT_EQ(check(now), "");
  }
}

}  // namespace
}  // namespace ashlar::payments
