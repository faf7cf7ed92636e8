// DraftReads: what planning reads of recipients, devices, suppressions and categories: of each no
// more than once in a transaction, and of many notifications most of it in a few statements.
//
//   DraftReads reads(tx);
//   reads.ahead(wanted);            optional: one statement for each table
//   reads.recipient(id) …           from memory, else by a statement of its own
//
// For one transaction, which writes none of it meanwhile. Errors: storage's.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "modules/notifications/category.h"
#include "modules/notifications/device.h"
#include "modules/notifications/notification.h"
#include "modules/notifications/recipient.h"
#include "modules/notifications/suppression.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::notifications {

class DraftReads {
 public:
  explicit DraftReads(storage::Transaction& tx) : tx_(tx) {}  // outlives it

  base::Status ahead(std::span<const Notification> wanted);

  // Nothing: there is none.
  base::Result<std::optional<Recipient>> recipient(const std::string& user_id);
  base::Result<std::optional<Category>> category(const std::string& name);
  // In the order of their ids, quarantined ones too.
  base::Result<std::vector<Device>> devices(const std::string& user_id);
  // What keeps a message of this category from this address.
  base::Result<std::optional<Suppression>> suppressed(Channel channel, const std::string& address,
                                                      const std::string& category);

  [[nodiscard]] storage::Transaction& tx() const { return tx_; }

 private:
  using Address = std::tuple<Channel, std::string, std::string>;  // with the category

  base::Status people_ahead(std::span<const Notification> wanted);
  base::Status suppressions_ahead(std::span<const Notification> wanted, Channel channel);

  storage::Transaction& tx_;
  std::map<std::string, std::optional<Recipient>, std::less<>> recipients_;
  std::map<std::string, std::optional<Category>, std::less<>> categories_;
  std::map<std::string, std::vector<Device>, std::less<>> devices_;
  std::map<Address, std::optional<Suppression>> suppressions_;
};

// Whether it may go by this channel: it was asked for, or nothing was.
bool may_go_by(const Notification& n, Channel channel);

}  // namespace ashlar::notifications
