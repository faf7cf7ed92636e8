#include "modules/notifications/campaigns/campaign_text.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "modules/notifications/renderer.h"
#include "modules/notifications/template/notification_template.h"
#include "modules/notifications/template/templates.h"
#include "platform/json/parse.h"

namespace ashlar::notifications {
namespace {

base::Result<json::Value> object_of(std::string_view text) {
  if (text.empty()) return json::Value(json::Value::Object{});
  ASHLAR_ASSIGN(json::Value data, json::parse(text, {32, TemplateFields::kMaxData}));
  if (data.if_object() == nullptr) {
    return base::fail(base::Code::kInvalid, "data_malformed", "A campaign's data is no object.");
  }
  return data;
}

json::Value merged(const json::Value& general, json::Value own) {
  json::Value::Object& members = *own.if_object();
  for (const auto& [key, value] : *general.if_object()) {
    const bool said = std::ranges::any_of(members, [&](const auto& m) { return m.first == key; });
    if (!said) members.emplace_back(key, value);
  }
  return own;
}

}  // namespace

base::Result<CampaignText> CampaignText::make(storage::Transaction& tx, Templates& templates,
                                              const CampaignMessage& message) {
  CampaignText text;
  if (message.template_key.empty()) {
    ASHLAR_ASSIGN(text.content_, rendered_content(message.content));
    return text;
  }
  ASHLAR_ASSIGN(text.template_,
                templates.compiled(tx, message.template_key, message.template_version));
  ASHLAR_ASSIGN(text.data_, object_of(message.data));
  return text;
}

std::uint8_t CampaignText::channels() const {
  return template_ ? template_->channels() : std::numeric_limits<std::uint8_t>::max();
}

base::Result<Rendered> CampaignText::render(Channel channel, const Reader& reader) const {
  if (!template_) return content_;
  const NotificationTemplate::Reader who{reader.locale, reader.zone};
  if (reader.data.empty()) {
    ASHLAR_ASSIGN(NotificationTemplate::Answer answer, template_->render(channel, data_, who));
    return std::move(answer.content);
  }
  ASHLAR_ASSIGN(json::Value own, object_of(reader.data));
  ASHLAR_ASSIGN(NotificationTemplate::Answer answer,
                template_->render(channel, merged(data_, std::move(own)), who));
  return std::move(answer.content);
}

}  // namespace ashlar::notifications
