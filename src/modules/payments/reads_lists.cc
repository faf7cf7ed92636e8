// The lists of Reads: places in an order, pages of it.
#include <algorithm>
#include <iterator>
#include <limits>
#include <tuple>
#include <utility>

#include "modules/payments/calls_store.h"
#include "modules/payments/entries_store.h"
#include "modules/payments/folding.h"
#include "modules/payments/ids.h"
#include "modules/payments/payments_store.h"
#include "modules/payments/reads.h"
#include "platform/events/event.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kFeedPage = 500;

base::Error unknown_position() {
  return base::fail(base::Code::kInvalid, "position_unknown",
                    "starting_after or ending_before names nothing of this list.");
}

store::IdRange id_range(std::string_view prefix, const Window& window) {
  store::IdRange range;
  range.after = window.from ? lowest_id(prefix, *window.from) : std::string(prefix);
  range.before = window.until ? lowest_id(prefix, *window.until) : std::string(prefix) + "~";
  range.newest_first = window.ending_before.empty();
  range.limit = window.limit + 1;
  if (!window.starting_after.empty()) range.before = std::min(range.before, window.starting_after);
  if (!window.ending_before.empty()) range.after = std::max(range.after, window.ending_before);
  return range;
}

// One more than asked for was read, from the end that the window names.
template <class Row>
bool trim(std::vector<Row>& rows, const Window& window) {
  const bool more = static_cast<std::int64_t>(rows.size()) > window.limit;
  if (more) rows.pop_back();
  if (!window.ending_before.empty()) std::reverse(rows.begin(), rows.end());
  return more;
}

bool less(const store::PartPlace& a, const store::PartPlace& b) {
  return std::pair(a.at, a.part) < std::pair(b.at, b.part);
}

// `find` gives the place of an id, or none.
template <class Range, class Find>
base::Status place_window(Range& range, const Window& window, const Find& find) {
  range.after = {window.from ? base::to_micros(*window.from) : -1, ""};
  range.before = {window.until ? base::to_micros(*window.until) : kEnd, ""};
  range.newest_first = window.ending_before.empty();
  range.limit = window.limit + 1;
  if (!window.starting_after.empty()) {
    ASHLAR_ASSIGN(const std::optional<store::PartPlace> place, find(window.starting_after));
    if (!place) return unknown_position();
    if (less(*place, range.before)) range.before = *place;
  }
  if (!window.ending_before.empty()) {
    ASHLAR_ASSIGN(const std::optional<store::PartPlace> place, find(window.ending_before));
    if (!place) return unknown_position();
    if (less(range.after, *place)) range.after = *place;
  }
  return base::ok_status();
}

base::Result<Listed<PartOf>> with_payments(storage::Transaction& tx,
                                           std::vector<store::PartRow> rows, const Window& window) {
  Listed<PartOf> listed;
  listed.has_more = trim(rows, window);
  for (const store::PartRow& row : rows) {
    ASHLAR_ASSIGN(std::optional<Payment> payment, fold_payment(tx, row.subject));
    if (payment) listed.rows.push_back({*std::move(payment), row.part});
  }
  return listed;
}

// What a filter narrows a list of parts to. False: to nothing.
bool narrow(store::PartRange& range, const PartFilter& filter) {
  range.subject = filter.payment;
  range.charge = filter.charge;
  if (filter.charge.empty()) return true;
  const auto payment = payment_of(filter.charge);
  if (!payment || (!filter.payment.empty() && filter.payment != *payment)) return false;
  range.subject = *payment;
  return true;
}

base::Result<Listed<PartOf>> list_parts(storage::Transaction& tx, ProviderOp op,
                                        const Window& window, const PartFilter& filter) {
  store::PartRange range;
  if (!narrow(range, filter)) return Listed<PartOf>();
  ASHLAR_TRY(place_window(
      range, window, [&](const std::string& part) -> base::Result<std::optional<store::PartPlace>> {
        const auto subject = payment_of(part);
        if (!subject) return std::optional<store::PartPlace>();
        return store::find_part(tx, op, *subject, part);
      }));
  ASHLAR_ASSIGN(auto rows, store::list_parts(tx, op, range));
  return with_payments(tx, std::move(rows), window);
}

template <class T>
base::Result<Listed<T>> list_objects(storage::Transaction& tx, std::string_view prefix,
                                     const Window& window, const store::ObjectChoice& choice,
                                     base::Result<T> (*decode)(std::string_view)) {
  for (const std::string& position : {window.starting_after, window.ending_before}) {
    if (position.empty()) continue;
    ASHLAR_ASSIGN(const auto row, store::find_object(tx, position));
    if (!row || row->kind != choice.kind) return unknown_position();
  }
  ASHLAR_ASSIGN(auto rows, store::list_objects(tx, id_range(prefix, window), choice));
  Listed<T> listed;
  listed.has_more = trim(rows, window);
  for (const store::ObjectRow& row : rows) {
    ASHLAR_ASSIGN(T one, decode(row.body));
    listed.rows.push_back(std::move(one));
  }
  return listed;
}

base::Result<store::FeedPlace> feed_place(storage::Transaction& tx, const std::string& id) {
  const auto place = event_place(id);
  if (!place) return unknown_position();
  ASHLAR_ASSIGN(const auto rows, store::list_events(tx, place->subject, place->no - 1, place->no));
  if (rows.empty()) return unknown_position();
  return store::FeedPlace{base::to_micros(rows[0].at), place->subject, place->no};
}

base::Result<store::FeedRange> feed_range(storage::Transaction& tx, const Window& window) {
  store::FeedRange range;
  range.after = {window.from ? base::to_micros(*window.from) : -1, "", 0};
  range.before = {window.until ? base::to_micros(*window.until) : kEnd, "", 0};
  range.newest_first = window.ending_before.empty();
  range.limit = kFeedPage;
  const auto less = [](const store::FeedPlace& a, const store::FeedPlace& b) {
    return std::tie(a.at, a.subject, a.no) < std::tie(b.at, b.subject, b.no);
  };
  if (!window.starting_after.empty()) {
    ASHLAR_ASSIGN(const store::FeedPlace place, feed_place(tx, window.starting_after));
    if (less(place, range.before)) range.before = place;
  }
  if (!window.ending_before.empty()) {
    ASHLAR_ASSIGN(const store::FeedPlace place, feed_place(tx, window.ending_before));
    if (less(range.after, place)) range.after = place;
  }
  return range;
}

bool wanted(const EventFilter& filter, const std::string& type) {
  return filter.types.empty() ||
         std::any_of(filter.types.begin(), filter.types.end(),
                     [&](const std::string& one) { return events::type_fits(one, type); });
}

// Every type by itself, and of all of them the first ones.
base::Result<std::vector<store::EventRow>> events_of_types(storage::Transaction& tx,
                                                           store::FeedRange range,
                                                           std::vector<std::string> types) {
  std::ranges::sort(types);
  types.erase(std::unique(types.begin(), types.end()), types.end());
  std::vector<store::EventRow> found;
  for (std::string& type : types) {
    range.type = std::move(type);
    ASHLAR_ASSIGN(auto rows, store::list_feed(tx, range));
    std::ranges::move(rows, std::back_inserter(found));
  }
  const auto place = [](const store::EventRow& row) {
    return std::tuple(row.at, std::string_view(row.subject), row.no);
  };
  std::ranges::sort(found, [&](const store::EventRow& a, const store::EventRow& b) {
    return range.newest_first ? place(b) < place(a) : place(a) < place(b);
  });
  const auto limit = static_cast<std::size_t>(range.limit);
  if (found.size() > limit) found.erase(found.begin() + range.limit, found.end());
  return found;
}

bool have_own_lists(const EventFilter& filter) {
  return filter.subject.empty() && !filter.types.empty() &&
         std::ranges::all_of(filter.types, [](const std::string& type) {
           return !type.ends_with('*') && store::has_own_list(type);
         });
}

}  // namespace

base::Result<Listed<Payment>> Reads::payments(const Window& window, const PaymentFilter& filter) {
  for (const std::string& position : {window.starting_after, window.ending_before}) {
    if (position.empty()) continue;
    ASHLAR_ASSIGN(const auto events, store::list_events(tx_, position, 0, 1));
    if (events.empty() || !position.starts_with("pay_")) return unknown_position();
  }
  store::PaymentChoice choice{filter.customer, -1};
  if (filter.state) choice.state = static_cast<std::int64_t>(*filter.state);
  ASHLAR_ASSIGN(auto ids, store::list_payments(tx_, id_range("pay_", window), choice));
  Listed<Payment> listed;
  listed.has_more = trim(ids, window);
  for (const std::string& id : ids) {
    ASHLAR_ASSIGN(std::optional<Payment> payment, fold_payment(tx_, id));
    if (payment) listed.rows.push_back(*std::move(payment));
  }
  return listed;
}

base::Result<Listed<PartOf>> Reads::charges(const Window& window, const PartFilter& filter) {
  return list_parts(tx_, ProviderOp::kAuthorize, window, filter);
}
base::Result<Listed<PartOf>> Reads::refunds(const Window& window, const PartFilter& filter) {
  return list_parts(tx_, ProviderOp::kRefund, window, filter);
}

base::Result<Listed<PartOf>> Reads::disputes(const Window& window, const PartFilter& filter) {
  store::PartRange range;
  if (!narrow(range, filter)) return Listed<PartOf>();
  ASHLAR_TRY(place_window(range, window,
                          [&](const std::string& id) { return store::find_dispute(tx_, id); }));
  ASHLAR_ASSIGN(auto rows, store::list_disputes(tx_, range));
  return with_payments(tx_, std::move(rows), window);
}

base::Result<Listed<Customer>> Reads::customers(const Window& window, std::string_view email) {
  return list_objects<Customer>(
      tx_, "cus_", window, {store::ObjectKind::kCustomer, {}, std::string(email)}, customer_of);
}
base::Result<Listed<Method>> Reads::methods(const Window& window, std::string_view customer) {
  return list_objects<Method>(tx_, "pm_", window,
                              {store::ObjectKind::kMethod, std::string(customer), {}}, method_of);
}
base::Result<Listed<Payout>> Reads::payouts(const Window& window) {
  return list_objects<Payout>(tx_, "po_", window, {store::ObjectKind::kPayout, {}, {}}, payout_of);
}

base::Result<Listed<Entry>> Reads::entries(const Window& window, const EntryFilter& filter) {
  store::EntryRange range;
  ASHLAR_TRY(place_window(
      range, window, [&](const std::string& id) -> base::Result<std::optional<store::PartPlace>> {
        ASHLAR_ASSIGN(const std::optional<Entry> entry, store::find_entry(tx_, id));
        if (!entry) return std::optional<store::PartPlace>();
        return std::optional(store::PartPlace{base::to_micros(entry->at), id});
      }));
  ASHLAR_ASSIGN(auto rows, store::list_entries(tx_, range, filter));
  Listed<Entry> listed;
  listed.has_more = trim(rows, window);
  listed.rows = std::move(rows);
  return listed;
}

base::Result<Listed<Told>> Reads::events(const Window& window, const EventFilter& filter) {
  ASHLAR_ASSIGN(store::FeedRange range, feed_range(tx_, window));
  range.subject = filter.subject;
  std::vector<store::EventRow> found;
  const bool apart = have_own_lists(filter);
  if (apart) {
    range.limit = window.limit + 1;
    ASHLAR_ASSIGN(found, events_of_types(tx_, range, filter.types));
  }
  // Others are chosen here: page by page, until there are enough or no more.
  while (!apart && static_cast<std::int64_t>(found.size()) <= window.limit) {
    ASHLAR_ASSIGN(auto page, store::list_feed(tx_, range));
    const bool is_last = static_cast<std::int64_t>(page.size()) < range.limit;
    if (!page.empty()) {
      const store::EventRow& last = page.back();
      (range.newest_first ? range.before : range.after) = {base::to_micros(last.at), last.subject,
                                                           last.no};
    }
    for (store::EventRow& row : page) {
      if (wanted(filter, row.type) && static_cast<std::int64_t>(found.size()) <= window.limit)
        found.push_back(std::move(row));
    }
    if (is_last) break;
  }
  Listed<Told> listed;
  listed.has_more = trim(found, window);
  for (const store::EventRow& row : found) {
    ASHLAR_ASSIGN(std::optional<Told> told, fold_event(tx_, row.subject, row.no));
    if (told) listed.rows.push_back(*std::move(told));
  }
  return listed;
}

}  // namespace ashlar::payments
