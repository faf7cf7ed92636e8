// SimSource: the database of a simulation: one version counter a key, several instances connected,
// each through a SimDatabase of its own; notices arrive late, or a connection is interrupted and
// gets `resync` instead, also late but within the same bound.
//
// Commits are atomic and serial by key (a second writer of a key meanwhile gets storage_conflict).
// One task at a time runs (interleaver.h): no locks.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "platform/storage/database.h"

namespace ashlar::cache {

class SimDatabase;

struct SimRow {
  std::int64_t version = 0;
  bool present = false;
  std::uint64_t transaction = 0;  // that wrote it
  base::Mono committed{};
};

class SimSource {
 public:
  struct Options {
    base::Millis notice_delay{20};
    double interruption = 0.02;  // of a delivery, instead of the notice
    double lost_answer = 0.02;   // of a commit: done, but not known
    bool drops_notices = false;  // planted fault
  };

  SimSource(const base::Clock& clock, std::uint64_t seed, Options options)
      : clock_(clock), random_(seed), options_(options) {}

  // Hands out what is due; some of it earlier.
  void deliver();

  // Committed rows of a key, oldest first; the index is the version.
  [[nodiscard]] const std::vector<SimRow>& history(const std::string& key) {
    auto& rows = rows_[key];
    if (rows.empty()) rows.push_back({});
    return rows;
  }

 private:
  friend class SimDatabase;
  friend class SimTransaction;

  struct Waiting {
    base::Mono due;
    bool resync;
    std::string channel;
    std::string payload;
  };

  const base::Clock& clock_;
  base::Random random_;
  const Options options_;
  std::map<std::string, std::vector<SimRow>> rows_;
  std::set<std::string> locked_;
  std::uint64_t transactions_ = 0;
  // By number: the order must not depend on addresses, or a seed would not repeat.
  struct Connection {
    SimDatabase* database;
    std::deque<Waiting> waiting;
  };
  std::map<std::uint64_t, Connection> connected_;
  std::uint64_t connections_ = 0;
};

class SimTransaction final : public storage::Transaction {
 public:
  SimTransaction(SimSource& source, const storage::Context& context)
      : source_(source), context_(context), id_(++source.transactions_) {}
  ~SimTransaction() override {
    for (const auto& [key, row] : written_) source_.locked_.erase(key);
  }

  [[nodiscard]] std::uint64_t id() const { return id_; }
  // The version that the commit will give it.
  base::Result<std::int64_t> put(const std::string& key, bool present) {
    if (!source_.locked_.insert(key).second) {
      return base::fail(base::Code::kConflict, "storage_conflict", "another writes it");
    }
    const auto version = static_cast<std::int64_t>(source_.history(key).size());
    written_[key] = {version, present, id_, {}};
    return version;
  }
  [[nodiscard]] SimRow get(const std::string& key) { return source_.history(key).back(); }

  base::Result<std::int64_t> execute(const storage::Sql&,
                                     std::initializer_list<storage::Param>) override {
    return 0;
  }
  base::Result<std::int64_t> query(const storage::Sql&, std::initializer_list<storage::Param>,
                                   const storage::RowSink&) override {
    return 0;
  }
  void on_commit(std::function<void()> run) override { on_commit_.push_back(std::move(run)); }
  void notify(std::string_view channel, std::string_view payload) override {
    notices_.emplace_back(channel, payload);
  }
  [[nodiscard]] const storage::Context& context() const override { return context_; }

 private:
  friend class SimDatabase;

  SimSource& source_;
  const storage::Context context_;
  const std::uint64_t id_;
  std::map<std::string, SimRow> written_;
  std::vector<std::function<void()>> on_commit_;
  std::vector<std::pair<std::string, std::string>> notices_;
};

class SimDatabase final : public storage::Database {
 public:
  SimDatabase(SimSource& source, std::function<void()> step)
      : source_(source), step_(std::move(step)), number_(++source.connections_) {
    source_.connected_.emplace(number_, SimSource::Connection{this, {}});
  }
  ~SimDatabase() override { source_.connected_.erase(number_); }

  // The process is gone: nothing it does from now on has an effect.
  void crash() {
    crashed_ = true;
    source_.connected_.erase(number_);
  }
  [[nodiscard]] bool crashed() const { return crashed_; }

  void subscribe(std::string channel, std::function<void(const Notice&)> receive) override {
    receivers_.emplace_back(std::move(channel), std::move(receive));
  }
  [[nodiscard]] storage::Dialect dialect() const override { return storage::Dialect::kPostgres; }
  base::Status ping(base::Mono) override { return base::ok_status(); }
  base::Result<std::string> check_integrity() override { return std::string(); }

  void receive(const std::string& channel, const Notice& notice) const {
    for (const auto& [name, receiver] : receivers_) {
      if (notice.resync || name == channel) receiver(notice);
    }
  }

 protected:
  base::Status run_body(const storage::Context& context, Mode mode, const Body& body) override;

 private:
  void tell_self(const SimTransaction& tx) const;
  void commit(SimTransaction& tx);

  SimSource& source_;
  const std::function<void()> step_;
  const std::uint64_t number_;
  bool crashed_ = false;
  std::vector<std::pair<std::string, std::function<void(const Notice&)>>> receivers_;
};

}  // namespace ashlar::cache
