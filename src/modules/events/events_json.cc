#include "modules/events/events_json.h"

namespace ashlar::events {
namespace {

const json::Schema<EventJson>& event_schema() {
  static const auto kSchema =
      json::Schema<EventJson>("Event", "Something that has happened, and was committed.")
          .required("id", &EventJson::id,
                    {.doc = "A UUID (version 7): unique for ever.",
                     .example = "019ab3c2-5d1e-7a40-9c3f-0d6b1b2f6a11"})
          .required("sequence", &EventJson::sequence,
                    {.doc = "Its place among the events of the same aggregate: of two the later "
                            "one has the greater number.",
                     .example = "4711"})
          .required("type", &EventJson::type, {.doc = "What happened.", .example = "link.created"})
          .required("aggregate_type", &EventJson::aggregate_type,
                    {.doc = "To what kind of thing.", .example = "link"})
          .required("aggregate_id", &EventJson::aggregate_id,
                    {.doc = "To which.", .example = "spring"})
          .required("time", &EventJson::time, {.doc = "When.", .example = "2026-11-22T10:00:00Z"})
          .required("traceparent", &EventJson::traceparent,
                    {.doc = "The W3C trace that it belongs to; may be empty."})
          .required("data", &EventJson::data,
                    {.doc = "What the type says there is to know.",
                     .example = R"({"code":"spring","url":"https://example.com/"})"});
  return kSchema;
}

const json::Schema<ConsumerJson>& consumer_schema() {
  static const auto kSchema =
      json::Schema<ConsumerJson>("EventConsumer", "Who is told of events, and how far it is.")
          .required("name", &ConsumerJson::name, {.doc = "For ever.", .example = "webhooks"})
          .required("lag_events", &ConsumerJson::lag_events,
                    {.doc = "Events that it wants and has not passed; 100,000 stands for more."})
          .required("lag_ms", &ConsumerJson::lag_ms, {.doc = "The age of the oldest of them."})
          .required("parked", &ConsumerJson::parked,
                    {.doc = "Events that wait for another attempt, and those behind them."})
          .required("dead", &ConsumerJson::dead, {.doc = "Dead letters."})
          .required("owner", &ConsumerJson::owner,
                    {.doc = "The instance that works it; null: none at this moment."});
  return kSchema;
}

const json::Schema<DeadLetterJson>& dead_letter_schema() {
  static const auto kSchema =
      json::Schema<DeadLetterJson>("DeadLetter", "An event that a consumer could not take.")
          .required("id", &DeadLetterJson::id, {.doc = "Of the dead letter.", .example = "12"})
          .required("consumer", &DeadLetterJson::consumer, {.doc = "Whose.", .example = "webhooks"})
          .required("event_id", &DeadLetterJson::event_id, {.doc = "Of the event."})
          .required("tenant", &DeadLetterJson::tenant,
                    {.doc = "The id of its tenant; null: the installation's own.", .example = "1"})
          .required("type", &DeadLetterJson::type, {.doc = "What happened."})
          .required("aggregate_type", &DeadLetterJson::aggregate_type,
                    {.doc = "To what kind of thing."})
          .required("aggregate_id", &DeadLetterJson::aggregate_id, {.doc = "To which."})
          .required("time", &DeadLetterJson::time, {.doc = "When it happened."})
          .required("data", &DeadLetterJson::data, {.doc = "The event's data.", .example = "{}"})
          .required("attempts", &DeadLetterJson::attempts, {.doc = "How often it was tried."})
          .required("error", &DeadLetterJson::error, {.doc = "Why the last attempt failed."})
          .required("died_at", &DeadLetterJson::died_at, {.doc = "When it was given up."});
  return kSchema;
}

json::AnyJson any_json(const std::string& data) { return {data.empty() ? "null" : data}; }

}  // namespace

EventJson event_json(const Event& event) {
  return {.id = event.id,
          .sequence = std::to_string(event.seq.value),
          .type = event.type,
          .aggregate_type = event.aggregate_type,
          .aggregate_id = event.aggregate_id,
          .time = event.time,
          .traceparent = event.traceparent,
          .data = any_json(event.data)};
}

DeadLetterJson dead_letter_json(const DeadLetter& letter) {
  const Event& event = letter.event;
  DeadLetterJson json{.id = std::to_string(letter.id),
                      .consumer = letter.consumer,
                      .event_id = event.id,
                      .tenant = {},
                      .type = event.type,
                      .aggregate_type = event.aggregate_type,
                      .aggregate_id = event.aggregate_id,
                      .time = event.time,
                      .data = any_json(event.data),
                      .attempts = letter.attempts,
                      .error = letter.error,
                      .died_at = letter.died_at};
  if (event.tenant.is_set()) json.tenant = event.tenant.to_string();
  return json;
}

const json::Schema<json::Page<EventJson>>& event_page_schema() {
  static const auto kSchema = json::page_schema(event_schema());
  return kSchema;
}

const json::Schema<ConsumersJson>& consumers_schema() {
  static const auto kSchema =
      json::Schema<ConsumersJson>("EventConsumers", "All consumers of events.")
          .required("data", &ConsumersJson::data, consumer_schema(), {.doc = "By name."});
  return kSchema;
}

const json::Schema<json::Page<DeadLetterJson>>& dead_letter_page_schema() {
  static const auto kSchema = json::page_schema(dead_letter_schema());
  return kSchema;
}

const json::Schema<ReplayDeadJson>& replay_dead_schema() {
  static const auto kSchema = json::Schema<ReplayDeadJson>(
      "ReplayDeadLetter", "Nothing has to be said: an empty object, or no body at all.");
  return kSchema;
}

const json::Schema<ReplayJson>& replay_schema() {
  static const auto kSchema =
      json::Schema<ReplayJson>("ReplayEvents", "Which events; what is left out means any.")
          .optional("aggregate_type", &ReplayJson::aggregate_type,
                    {.doc = "Of things of this kind.", .example = "link"})
          .optional("aggregate_id", &ReplayJson::aggregate_id,
                    {.doc = "Of this one.", .example = "spring"})
          .optional("tenant", &ReplayJson::tenant,
                    {.doc = "Of the tenant with this id; 0: the installation's own.",
                     .max_length = 19,
                     .pattern = "^[0-9]+$",
                     .example = "1"})
          .optional("from", &ReplayJson::from,
                    {.doc = "Not before.", .example = "2026-11-22T00:00:00Z"})
          .optional("to", &ReplayJson::to,
                    {.doc = "Before this time.", .example = "2026-11-23T00:00:00Z"});
  return kSchema;
}

const json::Schema<ReplayedJson>& replayed_schema() {
  static const auto kSchema =
      json::Schema<ReplayedJson>("ReplayedEvents", "What will be consumed again.")
          .required("events", &ReplayedJson::events, {.doc = "How many events.", .example = 42});
  return kSchema;
}

}  // namespace ashlar::events
