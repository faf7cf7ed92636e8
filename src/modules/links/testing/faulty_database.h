// FaultyDatabase: passes on to another database, except that now and then a transaction is refused
// before it runs, or commits and its answer is lost, as when a connection breaks. Seeded.
#pragma once

#include <string>
#include <utility>

#include "base/random.h"
#include "platform/storage/database.h"

namespace ashlar::links {

class FaultyDatabase final : public storage::Database {
 public:
  FaultyDatabase(storage::Database& inner, std::uint64_t seed) : inner_(inner), random_(seed) {}

  void set_faults(double refused, double answer_lost) {
    refused_ = refused;
    answer_lost_ = answer_lost;
  }

  void subscribe(std::string channel,
                 std::function<void(const storage::Database::Notice&)> receive) override {
    inner_.subscribe(std::move(channel), std::move(receive));
  }
  [[nodiscard]] storage::Dialect dialect() const override { return inner_.dialect(); }
  base::Status ping(base::Mono deadline) override { return inner_.ping(deadline); }
  base::Result<std::string> check_integrity() override { return inner_.check_integrity(); }

 protected:
  base::Status run_body(const storage::Context& context, Mode mode, const Body& body) override {
    if (random_.chance(refused_)) return broken();
    const auto pass = [&](storage::Transaction& tx) { return body(tx); };
    base::Status status =
        mode == Mode::kRead ? inner_.read(context, pass) : inner_.write(context, pass);
    if (status.ok() && mode == Mode::kWrite && random_.chance(answer_lost_)) return broken();
    return status;
  }

 private:
  static base::Error broken() {
    return base::fail(base::Code::kUnavailable, "storage_unavailable", "a fault of the test");
  }

  storage::Database& inner_;
  base::Random random_;
  double refused_ = 0;
  double answer_lost_ = 0;
};

}  // namespace ashlar::links
