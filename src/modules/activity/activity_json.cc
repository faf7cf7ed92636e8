#include "modules/activity/activity_json.h"

namespace ashlar::activity {
namespace {

const json::Schema<EventJson>& event_schema() {
  static const auto kSchema =
      json::Schema<EventJson>("ActivityEvent",
                              "Something that a user did. Besides these, \"tags\": an object of up "
                              "to 16 strings, whose "
                              "names become dimensions.")
          .required("at", &EventJson::at,
                    {.doc = "When: RFC 3339, or Unix seconds as a number.",
                     .example = "2026-11-22T10:00:00Z"})
          .required("user", &EventJson::user, {.doc = "Who; 1 to 256 bytes.", .example = "alice"})
          .required("action", &EventJson::action,
                    {.doc = "What; 1 to 256 bytes.", .example = "login"})
          .optional("endpoint", &EventJson::endpoint,
                    {.doc = "Where; 1 to 256 bytes.", .example = "GET /home"});
  return kSchema;
}

const json::Schema<TopRowJson>& top_row_schema() {
  static const auto kSchema =
      json::Schema<TopRowJson>("ActivityRow", "One of those that occur most.")
          .required("rank", &TopRowJson::rank, {.doc = "From 1; of equals the name decides."})
          .required("key", &TopRowJson::key,
                    {.doc = "The value of the dimension.", .example = "alice"})
          .required("count", &TopRowJson::count, {.doc = "How often, as well as we know."})
          .required("lower", &TopRowJson::lower, {.doc = "It was at least so often."})
          .required("upper", &TopRowJson::upper, {.doc = "It was at most so often."})
          .required("guaranteed", &TopRowJson::guaranteed,
                    {.doc = "Surely among the first k, whatever the bounds leave open."});
  return kSchema;
}

}  // namespace

const json::Schema<EventsJson>& events_schema() {
  static const auto kSchema =
      json::Schema<EventsJson>("ActivityEvents",
                               "What happened. Instead of this object the body may be lines, each "
                               "one event (application/x-ndjson).")
          .required("events", &EventsJson::events, event_schema(),
                    {.doc = "At most 20,000, in any order."});
  return kSchema;
}

const json::Schema<ReceiptJson>& receipt_schema() {
  static const auto kSchema =
      json::Schema<ReceiptJson>("ActivityReceipt", "What became of the events.")
          .required("accepted", &ReceiptJson::accepted, {.doc = "Counted, and durable."})
          .required("late", &ReceiptJson::late,
                    {.doc = "Not counted: older than a day, the longest window."})
          .required("ahead", &ReceiptJson::ahead,
                    {.doc = "Not counted: more than a minute in the future."});
  return kSchema;
}

const json::Schema<TopJson>& top_schema() {
  static const auto kSchema =
      json::Schema<TopJson>("ActivityTop", "Those that occur most within a window of time.")
          .required("dimension", &TopJson::dimension,
                    {.doc = "What was counted.", .example = "user"})
          .required("window_s", &TopJson::window_s, {.doc = "The window asked for, in seconds."})
          .required(
              "since", &TopJson::since,
              {.doc = "Where the counts begin: the window's start, or up to one bucket of time "
                      "before it (1 s for windows up to 5 minutes, 15 s up to an hour, 5 "
                      "minutes beyond)."})
          .required("as_of", &TopJson::as_of, {.doc = "Where they end: now."})
          .required("total", &TopJson::total, {.doc = "All events in that time; exact."})
          .required("exact", &TopJson::exact,
                    {.doc = "Nothing is approximate. Else lower and upper say by how much."})
          .required("known", &TopJson::known,
                    {.doc = "Whether the dimension has had an event within the last day. One comes "
                            "into being with its first event, so asking for another is no error: "
                            "it has no rows."})
          .required("data", &TopJson::data, top_row_schema(), {.doc = "At most k, in order."});
  return kSchema;
}

const json::Schema<DimensionsJson>& dimensions_schema() {
  static const auto kSchema =
      json::Schema<DimensionsJson>("ActivityDimensions", "What can be asked for.")
          .required("data", &DimensionsJson::data,
                    {.doc = "Dimensions of which there is activity within the last day."});
  return kSchema;
}

}  // namespace ashlar::activity
