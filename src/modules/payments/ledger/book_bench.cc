// What the ledger costs: Book alone, and BookWriter on SQLite with synchronous=FULL (each batch is
// durable before it counts). Two legs a transfer, ids that rise with time.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "modules/payments/ledger/book.h"
#include "modules/payments/ledger/book_writer.h"
#include "platform/storage/testing/temporary_sqlite.h"

namespace ashlar::ledger {
namespace {

constexpr base::TenantId kTenant{1};

// Ids that rise, as ids with a time in front do.
class Transfers {
 public:
  explicit Transfers(std::int64_t accounts) : accounts_(accounts) {}

  NewTransfer next() {
    NewTransfer transfer;
    transfer.id = "t" + std::to_string(1'000'000'000 + ++made_);
    const std::int64_t from = static_cast<std::int64_t>(random_.below(uint(accounts_)));
    const std::int64_t by = 1 + static_cast<std::int64_t>(random_.below(uint(accounts_ - 1)));
    transfer.legs = {{name(from), Side::kDebit, 100},
                     {name((from + by) % accounts_), Side::kCredit, 100}};
    return transfer;
  }
  std::vector<NewTransfer> next(std::size_t count) {
    std::vector<NewTransfer> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(next());
    return all;
  }
  static std::string name(std::int64_t account) { return "account:" + std::to_string(account); }

 private:
  static std::uint64_t uint(std::int64_t value) { return static_cast<std::uint64_t>(value); }
  const std::int64_t accounts_;
  std::int64_t made_ = 0;
  base::Random random_{20'261'122};
};

NewAccount account(std::int64_t no) {
  NewAccount account;
  account.id = Transfers::name(no);
  account.currency = "USD";
  return account;
}

void book_alone(benchmark::State& state) {
  Book book;
  const std::int64_t accounts = state.range(0);
  for (std::int64_t i = 0; i < accounts; ++i) CHECK(book.open(account(i)).ok());
  book.settle();
  Transfers transfers(accounts);
  std::vector<Outcome> outcomes;
  for (auto _ : state) {
    state.PauseTiming();
    const std::vector<NewTransfer> batch = transfers.next(kMaxBatch);
    outcomes.clear();
    state.ResumeTiming();
    book.apply(batch, Authority::kCaller, outcomes);
    book.settle();
  }
  for (const Outcome& outcome : outcomes) CHECK(outcome.verdict == Verdict::kCreated);
  state.counters["legs/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * 2 * kMaxBatch, benchmark::Counter::kIsRate);
}
BENCHMARK(book_alone)->ArgName("accounts")->Arg(2)->Arg(10'000)->Unit(benchmark::kMillisecond);

struct Bed {
  explicit Bed(std::int64_t accounts)
      : writer(store.database(), store.clock(), store.registry(), store.log()) {
    const base::Status opened = writer.run(kTenant, [&](Booking& booking) -> base::Status {
      for (std::int64_t i = 0; i < accounts; ++i) ASHLAR_TRY(booking.open(account(i)));
      return base::ok_status();
    });
    CHECK(opened.ok());
  }

  storage::TemporarySqlite store;
  BookWriter writer;
};

// One request of `batch` transfers after the other: each waits for its commit.
void batches(benchmark::State& state) {
  const std::int64_t accounts = state.range(0);
  Bed bed(accounts);
  Transfers transfers(accounts);
  const auto size = static_cast<std::size_t>(state.range(1));
  for (auto _ : state) {
    state.PauseTiming();
    const std::vector<NewTransfer> batch = transfers.next(size);
    state.ResumeTiming();
    const base::Status done = bed.writer.run(kTenant, [&](Booking& booking) -> base::Status {
      ASHLAR_ASSIGN(const std::vector<Outcome> outcomes, booking.apply(batch));
      for (const Outcome& outcome : outcomes) CHECK(outcome.verdict == Verdict::kCreated);
      return base::ok_status();
    });
    CHECK(done.ok());
  }
  state.counters["legs/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 2 * static_cast<double>(size),
                         benchmark::Counter::kIsRate);
}
BENCHMARK(batches)
    ->ArgNames({"accounts", "batch"})
    ->Args({2, kMaxBatch})
    ->Args({10'000, kMaxBatch})
    ->Args({10'000, 1000})
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// Single transfers of `in_flight` clients that share batches.
void singles(benchmark::State& state) {
  const std::int64_t accounts = state.range(0);
  Bed bed(accounts);
  Transfers transfers(accounts);
  const std::int64_t in_flight = state.range(1);
  for (auto _ : state) {
    state.PauseTiming();
    const std::vector<NewTransfer> all = transfers.next(static_cast<std::size_t>(in_flight));
    state.ResumeTiming();
    std::int64_t done = 0;
    for (const NewTransfer& transfer : all) {
      bed.writer.submit(
          kTenant, [&](Booking& booking) { return booking.move({&transfer, 1}); },
          [&](const base::Status& status) { done += status.ok() ? 1 : 0; });
    }
    bed.writer.drain();
    CHECK(done == in_flight);
  }
  state.counters["transfers/s"] = benchmark::Counter(
      static_cast<double>(state.iterations() * in_flight), benchmark::Counter::kIsRate);
}
BENCHMARK(singles)
    ->ArgNames({"accounts", "in_flight"})
    ->Args({10'000, 256})
    ->Args({2, 256})
    ->Args({10'000, 1})
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ashlar::ledger
