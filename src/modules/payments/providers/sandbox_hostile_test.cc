// The sandbox at its worst, from seeds: whatever it does to the calls, a key moves money once, and
// who asks and repeats by the rules of provider.h learns what has become of everything.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/random.h"
#include "modules/payments/providers/sandbox_statement.h"
#include "modules/payments/providers/testing/sandbox_fixture.h"

namespace ashlar::payments {
namespace {

using enum ProviderEnd;

class SandboxHostileTest : public SandboxFixture {
 protected:
  // Calls until the end is known, as the core does: unknown is asked about, not_done is repeated.
  ProviderAnswer settle(ProviderCall given) {
    given.begun_at = clock_.now();
    bool ask_next = false;
    for (int turn = 0; turn < 200; ++turn) {
      given.deadline = clock_.mono() + base::Seconds{2};
      std::optional<ProviderAnswer> answer;
      const auto done = [&](ProviderAnswer got) { answer = std::move(got); };
      if (ask_next) {
        sandbox_->query(given, done);
      } else {
        sandbox_->submit(given, done);
      }
      for (int wait = 0; wait < 40 && !answer; ++wait) {
        sandbox_->drain();
        clock_.advance(base::Millis{100});
      }
      sandbox_->drain();
      EXPECT_TRUE(answer) << "no answer by the deadline: " << given.key;
      if (!answer) return {};
      if (answer->end == kUnknown) ++unknown_;
      if (answer->end == kNotDone) ++not_done_;
      if (answer->end != kUnknown && answer->end != kNotDone) return *answer;
      ask_next = answer->end == kUnknown;
      clock_.advance(base::Millis{500});
    }
    ADD_FAILURE() << given.key << " never ends";
    return {};
  }
  int unknown_ = 0, not_done_ = 0;
};

TEST_P(SandboxHostileTest, AKeyMovesMoneyOnceWhateverHappens) {
  constexpr int kPayments = 40;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    sandbox_ = make(SandboxFaults::of_seed(seed));
    std::int64_t captured = 0, refunded = 0;
    for (int i = 0; i < kPayments; ++i) {
      const std::string id = "s" + std::to_string(seed) + "p" + std::to_string(i);
      const ProviderAnswer held = settle(authorize(id + ":a", 1'000 + i));
      if (held.end == kDeclined) continue;
      ASSERT_EQ(held.end, kApplied);
      const ProviderAnswer taken =
          settle(call(ProviderOp::kCapture, id + ":c", 1'000 + i, held.reference));
      ASSERT_EQ(taken.end, kApplied) << taken.decline_code;
      EXPECT_EQ(moves(id + ":c"), 1);
      captured += 1'000 + i;
      const ProviderAnswer back = settle(call(ProviderOp::kRefund, id + ":r", 500, held.reference));
      EXPECT_LE(moves(id + ":r"), 2);
      if (back.end == kApplied) ++refunded;
    }
    EXPECT_GT(captured, 0);
    EXPECT_GT(refunded, 0);
    EXPECT_EQ(sandbox_->moved_twice(kAda).value(), 0);
  }
  EXPECT_GT(unknown_, 3);
  EXPECT_GT(not_done_, 3);
}

TEST_P(SandboxHostileTest, TheSameSeedAndKeysGiveTheSameEnds) {
  std::vector<std::string> ends[2];
  for (auto& list : ends) {
    // Another book: keys begin anew in it, and the dice know nothing of the book's name.
    static int book = 0;
    SandboxTerms terms;
    terms.bank = "bank" + std::to_string(book++);
    sandbox_ = make(SandboxFaults::of_seed(77), terms);
    for (int i = 0; i < 80; ++i) {
      const ProviderCall one = authorize("k" + std::to_string(i), 500, "pm_card_visa", true);
      std::optional<ProviderAnswer> answer;
      sandbox_->submit(one, [&](ProviderAnswer got) { answer = std::move(got); });
      sandbox_->run_once();
      list.push_back(answer ? std::string(to_text(answer->end)) + answer->decline_code : "late");
      clock_.advance(base::Seconds{4});
      sandbox_->drain();
    }
  }
  EXPECT_EQ(ends[0], ends[1]);
  const std::set<std::string> kinds(ends[0].begin(), ends[0].end());
  EXPECT_GE(kinds.size(), 3U);
}

TEST_P(SandboxHostileTest, NoticesComeTwiceAndOutOfOrderAndNoneIsMissing) {
  SandboxFaults faults;
  faults.seed = 5;
  faults.notice_twice = 300;
  faults.notice_late = 500;
  SandboxTerms terms;
  terms.tells_all = true;
  sandbox_ = make(faults, terms);
  constexpr int kCalls = 100;
  for (int i = 0; i < kCalls; ++i) {
    ask(authorize("k" + std::to_string(i), 500));
    clock_.advance(base::Millis{20});
  }
  for (int i = 0; i < 100; ++i) advance(base::Millis{100});
  std::map<std::string, int> told;
  bool reordered = false;
  base::Time last{};
  for (const ProviderNotice& notice : notices()) {
    EXPECT_EQ(notice.kind, NoticeKind::kAuthorized);
    ++told[notice.id];
    reordered |= notice.at < last;
    last = notice.at;
  }
  EXPECT_EQ(told.size(), static_cast<std::size_t>(kCalls));
  EXPECT_GT(notices().size(), static_cast<std::size_t>(kCalls));
  EXPECT_TRUE(reordered);
}

TEST_P(SandboxHostileTest, ErrorsInStatementsAreThoseThatWerePlanted) {
  SandboxFaults faults;
  faults.seed = 9;
  faults.statement_errors = 300;
  sandbox_ = make(faults);
  std::map<std::string, std::int64_t> truth;
  for (int i = 0; i < 200; ++i) {
    const auto paid = ask(authorize("k" + std::to_string(i), 1'000, "pm_card_visa", true));
    truth[paid.capture_reference] = 1'000 - paid.fee;
  }
  const SandboxStatement statement = sandbox_->statement(kAda, clock_.now()).value();
  EXPECT_GT(statement.planted.size(), 30U);
  std::set<StatementError> kinds;
  std::set<std::string> spoilt;
  for (const auto& planted : statement.planted) {
    kinds.insert(planted.what);
    spoilt.insert(planted.reference);
  }
  EXPECT_EQ(kinds.size(), kStatementErrors);
  std::map<std::string, int> lines;
  for (const SandboxMove& line : statement.lines) {
    ++lines[line.reference];
    if (spoilt.contains(line.reference) || !truth.contains(line.reference)) continue;
    EXPECT_EQ(line.gross - line.fee, truth[line.reference]);
    EXPECT_EQ(lines[line.reference], 1);
  }
  for (const auto& [reference, net] : truth) {
    EXPECT_TRUE(spoilt.contains(reference) || lines[reference] == 1);
  }
  // Asked for again, it is the same statement.
  EXPECT_EQ(statement_json(sandbox_->statement(kAda, clock_.now()).value()),
            statement_json(statement));
}

INSTANTIATE_TEST_SUITE_P(Storage, SandboxHostileTest, storage::both_engines(),
                         storage::engine_name);

}  // namespace
}  // namespace ashlar::payments
