#include "modules/payments/reconcile/reconcile_events.h"

#include <string>
#include <utility>

#include "modules/payments/reconcile/run_totals.h"
#include "platform/events/outbox.h"
#include "platform/json/writer.h"

namespace ashlar::payments::reconcile {
namespace {

base::Status publish(events::Outbox& outbox, storage::Transaction& tx, std::string_view type,
                     const std::string& run, std::string data) {
  events::NewEvent event;
  event.type = type;
  event.aggregate_type = "reconciliation";
  event.aggregate_id = run;
  event.data = std::move(data);
  ASHLAR_TRY(outbox.append(tx, event));
  return base::ok_status();
}

}  // namespace

base::Status publish_finished(events::Outbox& outbox, storage::Transaction& tx, const Run& run) {
  std::string data;
  json::Writer writer(data);
  writer.begin_object().key("id").string(run.id).key("provider").string(run.provider);
  writer.key("day").string(format_day(run.day)).key("lines").integer(run.items);
  writer.key("breaks").integer(run.breaks).key("totals").raw(totals_text(run.totals));
  writer.end_object();
  return publish(outbox, tx, "reconciliation.finished", run.id, std::move(data));
}

base::Status publish_resolved(events::Outbox& outbox, storage::Transaction& tx, const Item& item) {
  std::string data;
  json::Writer writer(data);
  writer.begin_object().key("id").string(item.run).key("item").integer(item.no);
  writer.key("outcome").string(outcome_name(item.outcome));
  writer.key("reference").string(item.reference).key("currency").string(upper(item.currency));
  writer.key("difference").integer(item.difference());
  writer.key("resolution").string(item.resolution).end_object();
  return publish(outbox, tx, "reconciliation.break_resolved", item.run, std::move(data));
}

}  // namespace ashlar::payments::reconcile
