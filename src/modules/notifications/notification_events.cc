#include "modules/notifications/notification_events.h"

#include "platform/json/writer.h"

namespace ashlar::notifications {
namespace {

std::string_view type_of(State state) {
  switch (state) {
    case State::kSent:
      return "notification.sent";
    case State::kDelivered:
      return "notification.delivered";
    case State::kOpened:
      return "notification.opened";
    case State::kFailed:
    case State::kExpired:
      return "notification.failed";
    default:
      return {};
  }
}

void write_or_null(json::Writer& writer, std::string_view text) {
  if (text.empty()) {
    writer.null();
  } else {
    writer.string(text);
  }
}

}  // namespace

std::optional<events::NewEvent> state_event(const Delivery& delivery, std::string_view category,
                                            State state, std::string_view reason,
                                            std::string_view traceparent) {
  const std::string_view type = type_of(state);
  if (type.empty()) return std::nullopt;
  const bool failed = state == State::kFailed || state == State::kExpired;
  events::NewEvent event;
  event.type = type;
  event.aggregate_type = kNotificationAggregate;
  event.aggregate_id = delivery.notification.to_string();
  event.traceparent = traceparent;
  json::Writer data(event.data);
  data.begin_object().key("notification_id").string(delivery.notification.to_string());
  data.key("delivery_id").string(delivery.id.to_string());
  data.key("channel").string(name_of(delivery.channel));
  data.key("user_id");
  write_or_null(data, delivery.user_id);
  data.key("category");
  write_or_null(data, category);
  data.key("reason");
  write_or_null(data, failed ? reason : std::string_view());
  data.end_object();
  return event;
}

}  // namespace ashlar::notifications
