// UnitBooking: the Booking that one unit of a batch works with, and what has to be known of it when
// it is over: whether it wrote rows of its own, and what is to be told after the commit.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "modules/payments/ledger/book.h"
#include "modules/payments/ledger/book_loader.h"
#include "modules/payments/ledger/book_writer.h"
#include "platform/storage/database.h"

namespace ashlar::ledger {

// A unit's view of the batch's transaction. What it wants told after the commit is kept until it is
// known that the unit takes part.
class UnitTransaction final : public storage::Transaction {
 public:
  explicit UnitTransaction(storage::Transaction& tx) : tx_(tx) {}

  base::Result<std::int64_t> execute(const storage::Sql& sql,
                                     std::initializer_list<storage::Param> params) override;
  base::Result<std::int64_t> query(const storage::Sql& sql,
                                   std::initializer_list<storage::Param> params,
                                   const storage::RowSink& sink) override;
  void on_commit(std::function<void()> run) override { runs_.push_back(std::move(run)); }
  void notify(std::string_view channel, std::string_view payload) override {
    notices_.emplace_back(channel, payload);
  }
  [[nodiscard]] const storage::Context& context() const override { return tx_.context(); }

  // It wrote, or a statement failed and with it the transaction.
  [[nodiscard]] bool touched() const { return touched_; }
  void touch() { touched_ = true; }
  // The unit takes part.
  void keep();

 private:
  storage::Transaction& tx_;
  bool touched_ = false;
  std::vector<std::function<void()>> runs_;
  std::vector<std::pair<std::string, std::string>> notices_;
};

class UnitBooking final : public Booking {
 public:
  UnitBooking(UnitTransaction& tx, Book& book, BookLoader& loader)
      : tx_(tx), book_(book), loader_(loader) {}

  storage::Transaction& tx() override { return tx_; }
  [[nodiscard]] base::Time now() const override { return book_.now(); }
  base::Status open(const NewAccount& account) override;
  base::Status move(std::span<const NewTransfer> transfers) override;
  base::Result<std::vector<Outcome>> apply(std::span<const NewTransfer> transfers) override;
  base::Result<Account> account(std::string_view id) override;
  base::Result<Amount> held(std::string_view transfer_id) override;

 private:
  // The ledger's own statements are no writing of the unit's, but where one fails the transaction
  // is lost all the same.
  template <class T>
  base::Result<T> watched(base::Result<T> result) {
    if (!result.ok()) tx_.touch();
    return result;
  }
  Outcome try_all(std::span<const NewTransfer> transfers, std::size_t& refused);

  UnitTransaction& tx_;
  Book& book_;
  BookLoader& loader_;
};

}  // namespace ashlar::ledger
