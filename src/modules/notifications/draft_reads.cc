#include "modules/notifications/draft_reads.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "modules/notifications/categories_store.h"
#include "modules/notifications/devices_store.h"
#include "modules/notifications/recipients_store.h"
#include "modules/notifications/suppressions_store.h"

namespace ashlar::notifications {
namespace {

// Those whose addresses stand in the recipient, or in the notification itself.
constexpr std::array kAddressed{Channel::kEmail, Channel::kSms};

std::string_view address_of(const Notification& n, const Recipient* recipient, Channel channel) {
  if (!n.user_id.empty()) {
    return recipient == nullptr ? std::string_view() : recipient->address(channel);
  }
  return channel == Channel::kEmail ? n.to_email : n.to_phone;
}

std::vector<std::string> list_of(std::set<std::string>& names) {
  return {names.begin(), names.end()};
}

}  // namespace

bool may_go_by(const Notification& n, Channel channel) {
  if (n.channels.empty()) return true;
  const std::string_view names = n.channels, name = name_of(channel);
  for (std::size_t from = 0; from <= names.size();) {
    const std::size_t comma = std::min(names.find(',', from), names.size());
    if (names.substr(from, comma - from) == name) return true;
    from = comma + 1;
  }
  return false;
}

base::Status DraftReads::ahead(std::span<const Notification> wanted) {
  ASHLAR_TRY(people_ahead(wanted));
  for (const Channel channel : kAddressed) ASHLAR_TRY(suppressions_ahead(wanted, channel));
  return base::ok_status();
}

base::Status DraftReads::people_ahead(std::span<const Notification> wanted) {
  std::set<std::string> users, owners;
  for (const Notification& n : wanted) {
    if (n.user_id.empty()) continue;
    users.insert(n.user_id);
    if (may_go_by(n, Channel::kPush)) owners.insert(n.user_id);
  }
  if (!users.empty()) {
    ASHLAR_ASSIGN(std::vector<Recipient> found, store::find_recipients(tx_, list_of(users)));
    for (const std::string& user : users) recipients_.try_emplace(user);
    for (Recipient& one : found) {
      std::optional<Recipient>& kept = recipients_[one.user_id];
      kept = std::move(one);
    }
  }
  if (owners.empty()) return base::ok_status();
  ASHLAR_ASSIGN(std::vector<Device> found, store::devices_of_all(tx_, list_of(owners)));
  for (const std::string& owner : owners) devices_.try_emplace(owner);
  for (Device& one : found) {
    std::vector<Device>& kept = devices_[one.user_id];
    kept.push_back(std::move(one));
  }
  return base::ok_status();
}

base::Status DraftReads::suppressions_ahead(std::span<const Notification> wanted, Channel channel) {
  std::set<std::string> addresses, names{""};
  std::set<std::pair<std::string, std::string>> asked;
  for (const Notification& n : wanted) {
    if (n.user_id.empty() ? !n.to_device.empty() : !may_go_by(n, channel)) continue;
    const auto known = recipients_.find(n.user_id);
    const Recipient* recipient =
        known != recipients_.end() && known->second ? &*known->second : nullptr;
    const std::string_view address = address_of(n, recipient, channel);
    if (address.empty()) continue;
    addresses.emplace(address);
    names.insert(n.category);
    asked.emplace(address, n.category);
  }
  if (addresses.empty()) return base::ok_status();
  ASHLAR_ASSIGN(const std::vector<Suppression> found,
                store::suppressed_among(tx_, channel, list_of(addresses), list_of(names)));
  for (const auto& [address, category] : asked) {
    const auto match = std::ranges::find_if(found, [&](const Suppression& s) {
      return s.address == address && (s.category.empty() || s.category == category);
    });
    std::optional<Suppression>& kept = suppressions_[{channel, address, category}];
    if (match != found.end()) kept = *match;
  }
  return base::ok_status();
}

base::Result<std::optional<Recipient>> DraftReads::recipient(const std::string& user_id) {
  if (const auto known = recipients_.find(user_id); known != recipients_.end()) {
    return known->second;
  }
  ASHLAR_ASSIGN(std::optional<Recipient> found, store::find_recipient(tx_, user_id));
  return recipients_.emplace(user_id, std::move(found)).first->second;
}

base::Result<std::optional<Category>> DraftReads::category(const std::string& name) {
  if (const auto known = categories_.find(name); known != categories_.end()) return known->second;
  ASHLAR_ASSIGN(std::optional<Category> found, store::find_category(tx_, name));
  return categories_.emplace(name, std::move(found)).first->second;
}

base::Result<std::vector<Device>> DraftReads::devices(const std::string& user_id) {
  if (const auto known = devices_.find(user_id); known != devices_.end()) return known->second;
  ASHLAR_ASSIGN(std::vector<Device> found, store::devices_of(tx_, user_id));
  return devices_.emplace(user_id, std::move(found)).first->second;
}

base::Result<std::optional<Suppression>> DraftReads::suppressed(Channel channel,
                                                                const std::string& address,
                                                                const std::string& category) {
  const Address asked{channel, address, category};
  if (const auto known = suppressions_.find(asked); known != suppressions_.end()) {
    return known->second;
  }
  ASHLAR_ASSIGN(std::optional<Suppression> found,
                store::suppressed(tx_, channel, address, category));
  return suppressions_.emplace(asked, std::move(found)).first->second;
}

}  // namespace ashlar::notifications
