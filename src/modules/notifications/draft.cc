#include "modules/notifications/draft.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <utility>

#include "modules/notifications/devices_store.h"
#include "modules/notifications/draft_reads.h"
#include "modules/notifications/notification_store.h"
#include "modules/notifications/preferences.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::notifications {
namespace {

constexpr std::array kAllChannels{Channel::kEmail, Channel::kSms,  Channel::kPush,
                                  Channel::kInbox, Channel::kChat, Channel::kHttp};
// Without a template and without a wish the first of these that reaches the recipient.
constexpr std::array kContentOrder{Channel::kEmail, Channel::kPush, Channel::kSms, Channel::kInbox};

std::vector<Channel> asked_for(const std::string& names) {
  std::vector<Channel> channels;
  for (std::size_t from = 0; from < names.size();) {
    const std::size_t comma = std::min(names.find(',', from), names.size());
    if (const auto channel = channel_of(std::string_view(names).substr(from, comma - from))) {
      channels.push_back(*channel);
    }
    from = comma + 1;
  }
  return channels;
}

bool in(std::uint8_t mask, Channel channel) {
  return (mask >> static_cast<int>(channel) & 1U) != 0;
}

DeviceId device_id(std::string_view text) {
  std::int64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? DeviceId(id)
                                                                         : DeviceId();
}

}  // namespace

// What is read once for all channels.
struct Drafter::Facts {
  base::Time now{};
  std::string user_id;  // the one who is named, or whose the device is; empty: a bare address
  Recipient recipient;  // version 0: a bare address, or nobody that is known
  std::shared_ptr<const zone::TimeZone> zone;
  ChannelChoices choices;
  Category category;
  Category::Settings settings;
  std::shared_ptr<const zone::TimeZone> window_zone;
  std::vector<std::vector<base::Time>> sent;  // for each of the category's caps
  std::optional<DigestTime> digest;
  std::string digest_key;
  std::optional<base::Time> digest_due;
  std::vector<Device> devices;  // active ones
};

base::Result<bool> Drafter::looks_back(DraftReads& reads, const Notification& n) {
  if (!n.digest_key.empty()) return true;
  if (n.category.empty()) return false;
  ASHLAR_ASSIGN(const std::optional<Category> category, reads.category(n.category));
  if (!category) return false;
  ASHLAR_ASSIGN(const Category::Settings settings,
                category_settings_of(std::string_view(category->settings)));
  return settings.digest.has_value() || !settings.caps.empty();
}

base::Status Drafter::read_facts(DraftReads& reads, const Notification& n, base::Time now,
                                 Facts& facts) const {
  storage::Transaction& tx = reads.tx();
  facts.now = now;
  ASHLAR_ASSIGN(facts.zone, zones_.find("UTC"));
  if (!n.category.empty()) {
    ASHLAR_ASSIGN(std::optional<Category> category, reads.category(n.category));
    if (category) facts.category = *std::move(category);
    ASHLAR_ASSIGN(facts.settings, category_settings_of(std::string_view(facts.category.settings)));
  }
  facts.user_id = n.user_id;
  if (!n.to_device.empty()) {
    ASHLAR_ASSIGN(const std::optional<Device> device,
                  store::find_device(tx, device_id(n.to_device)));
    if (device) facts.user_id = device->user_id;
  }
  if (facts.user_id.empty()) return base::ok_status();
  ASHLAR_ASSIGN(std::optional<Recipient> recipient, reads.recipient(facts.user_id));
  if (recipient) facts.recipient = *std::move(recipient);
  // A zone that tzdata has dropped since: better by UTC than not at all.
  if (auto zone = zones_.find(facts.recipient.time_zone); zone.ok()) facts.zone = *zone;
  ASHLAR_ASSIGN(facts.choices, choices_of(std::string_view(facts.recipient.preferences)));
  if (facts.settings.send_window && !facts.settings.send_window->zone.empty()) {
    ASHLAR_ASSIGN(facts.window_zone, zones_.find(facts.settings.send_window->zone));
  }
  for (const Category::Cap& cap : facts.settings.caps) {
    ASHLAR_ASSIGN(std::vector<base::Time> sent,
                  store::sent_to(tx, facts.user_id, n.category, n.id, now - cap.window, cap.limit));
    facts.sent.push_back(std::move(sent));
  }
  // What goes to one device is not gathered: a digest goes to its user.
  if (n.user_id.empty()) return base::ok_status();
  if (n.digest_for != kIsDigest) {
    if (!n.digest_key.empty()) {
      facts.digest = DigestTime{.after = n.digest_for, .at_minute = {}};
    } else {
      facts.digest = facts.settings.digest;
    }
    facts.digest_key = n.digest_key.empty() ? n.category : n.digest_key;
  }
  if (facts.digest) {
    ASHLAR_ASSIGN(facts.digest_due, store::digest_due(tx, n.user_id, facts.digest_key));
  }
  if (!may_go_by(n, Channel::kPush)) return base::ok_status();
  ASHLAR_ASSIGN(facts.devices, reads.devices(n.user_id));
  std::erase_if(facts.devices, [](const Device& device) { return device.quarantined; });
  return base::ok_status();
}

base::Result<std::vector<Channel>> Drafter::channels_for(storage::Transaction& tx,
                                                         const Notification& n,
                                                         const Facts& facts) const {
  if (!n.channels.empty()) return asked_for(n.channels);
  if (!n.to_email.empty()) return std::vector{Channel::kEmail};
  if (!n.to_phone.empty()) return std::vector{Channel::kSms};
  if (!n.to_device.empty()) return std::vector{Channel::kPush};
  std::vector<Channel> reachable;
  const auto reaches = [&](Channel channel) {
    return channel == Channel::kPush ? !facts.devices.empty()
                                     : !facts.recipient.address(channel).empty();
  };
  if (n.template_key.empty()) {
    const auto first = std::ranges::find_if(kContentOrder, reaches);
    if (first != kContentOrder.end()) reachable.push_back(*first);
    return reachable;
  }
  ASHLAR_ASSIGN(const std::uint8_t parts,
                templates_.channels_of(tx, n.template_key, n.template_version));
  for (const Channel channel : kAllChannels) {
    const bool addressed = channel == Channel::kChat || channel == Channel::kHttp;
    if (in(parts, channel) && (addressed || reaches(channel))) reachable.push_back(channel);
  }
  return reachable;
}

// For each address of the channel; one without an address where there is none.
static base::Result<std::vector<Target>> targets_of(storage::Transaction& tx, const Notification& n,
                                                    const Recipient& recipient,
                                                    const std::vector<Device>& devices,
                                                    Channel channel) {
  Target target;
  switch (channel) {
    case Channel::kEmail:
      target.address = n.user_id.empty() ? n.to_email : std::string(recipient.address(channel));
      target.name = recipient.name;
      break;
    case Channel::kSms:
      target.address = n.user_id.empty() ? n.to_phone : std::string(recipient.address(channel));
      break;
    case Channel::kInbox:
      target.address = n.user_id;
      break;
    case Channel::kPush: {
      if (!n.to_device.empty()) {
        ASHLAR_ASSIGN(const std::optional<Device> device,
                      store::find_device(tx, device_id(n.to_device)));
        if (device && !device->quarantined) target = target_of(*device);
        break;
      }
      std::vector<Target> targets;
      for (const Device& device : devices) targets.push_back(target_of(device));
      if (!targets.empty()) return targets;
      break;
    }
    case Channel::kChat:
    case Channel::kHttp:
      // The provider's own URL; whom it is about, for the one who reads it.
      target.address = n.user_id;
      break;
  }
  return std::vector{std::move(target)};
}

base::Result<std::vector<DraftDelivery>> Drafter::drafts_of(DraftReads& reads,
                                                            const Notification& n,
                                                            const Facts& facts,
                                                            Channel channel) const {
  ASHLAR_ASSIGN(const std::vector<Target> targets,
                targets_of(reads.tx(), n, facts.recipient, facts.devices, channel));
  ASHLAR_ASSIGN(const QuietHours quiet, quiet_hours_for(facts.recipient.quiet_hours, channel));
  const Category::Settings& settings = facts.settings;
  std::vector<FrequencyCap> caps;
  for (std::size_t i = 0; i < facts.sent.size(); ++i) {
    caps.push_back({.limit = settings.caps[i].limit,
                    .window = settings.caps[i].window,
                    .excess = settings.caps[i].excess,
                    .name = n.category,
                    .sent = facts.sent[i]});
  }
  std::vector<SendWindow> windows;
  if (settings.send_window) {
    windows.push_back({settings.send_window->hours, facts.window_zone.get(), n.category});
  }
  std::vector<DraftDelivery> drafts;
  for (const Target& target : targets) {
    RuleFacts rule;
    rule.now = facts.now;
    rule.channel = channel;
    rule.category = n.category;
    rule.critical = facts.category.critical;
    rule.wanted_by_default = settings.channels[static_cast<std::size_t>(channel)] != Choice::kNo;
    rule.expires_at = n.expires_at;
    rule.has_address =
        !target.address.empty() || channel == Channel::kChat || channel == Channel::kHttp;
    std::optional<Suppression> suppression;
    if (!target.address.empty()) {
      ASHLAR_ASSIGN(suppression, reads.suppressed(channel, target.address, n.category));
    }
    if (suppression) rule.suppression = suppression->reason;
    rule.choices = &facts.choices;
    rule.zone = facts.zone.get();
    rule.quiet = quiet.hours.empty() ? nullptr : &quiet;
    rule.windows = windows;
    rule.caps = caps;
    rule.digest = facts.digest ? &*facts.digest : nullptr;
    rule.digest_key = facts.digest_key;
    rule.digest_open_until = facts.digest_due;
    const Decision decision = decide(rule);
    drafts.push_back({channel, target, decision, std::string(name_of(decision.reason)),
                      explain(rule, decision), facts.user_id});
  }
  return drafts;
}

base::Result<Draft> Drafter::draft(DraftReads& reads, const Notification& n, base::Time now) const {
  Facts facts;
  ASHLAR_TRY(read_facts(reads, n, now, facts));
  ASHLAR_ASSIGN(const std::vector<Channel> channels, channels_for(reads.tx(), n, facts));
  Draft draft;
  for (const Channel channel : channels) {
    ASHLAR_ASSIGN(std::vector<DraftDelivery> drafts, drafts_of(reads, n, facts, channel));
    std::ranges::move(drafts, std::back_inserter(draft.deliveries));
  }
  for (const DraftDelivery& d : draft.deliveries) {
    if (d.decision.act == Decision::Act::kDigest) {
      draft.digest = {facts.digest_key, d.decision.until};
      break;
    }
  }
  return draft;
}

base::Result<DraftDelivery> Drafter::again(DraftReads& reads, const Notification& n,
                                           const Delivery& deferred, base::Time now) const {
  Facts facts;
  ASHLAR_TRY(read_facts(reads, n, now, facts));
  facts.digest.reset();
  ASHLAR_ASSIGN(std::vector<DraftDelivery> drafts, drafts_of(reads, n, facts, deferred.channel));
  for (DraftDelivery& draft : drafts) {
    if (draft.target.device == deferred.target.device) return std::move(draft);
  }
  DraftDelivery gone;
  gone.channel = deferred.channel;
  gone.decision = {.act = Decision::Act::kSkip, .reason = Reason::kNoAddress};
  gone.reason = name_of(Reason::kNoAddress);
  gone.explanation = "The device is gone.";
  return gone;
}

}  // namespace ashlar::notifications
