#include "modules/notifications/channel_choices.h"

#include <algorithm>
#include <utility>

namespace ashlar::notifications {
namespace {

const ChannelChoices::Row* row_of(const std::vector<ChannelChoices::Row>& rows,
                                  std::string_view category) {
  const auto found = std::lower_bound(
      rows.begin(), rows.end(), category,
      [](const ChannelChoices::Row& row, std::string_view name) { return row.category < name; });
  return found != rows.end() && found->category == category ? &*found : nullptr;
}

void overlay(Choice& below, Choice above) {
  if (above != Choice::kUnset) below = above;
}

}  // namespace

ChannelChoices::ChannelChoices(std::vector<Row> rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.category < b.category; });
  for (Row& row : rows) {
    if (rows_.empty() || rows_.back().category != row.category) {
      rows_.push_back(std::move(row));
      continue;
    }
    overlay(rows_.back().all, row.all);
    for (std::size_t i = 0; i < kChannels; ++i) {
      overlay(rows_.back().by_channel[i], row.by_channel[i]);
    }
  }
}

ChannelChoices::Answer ChannelChoices::of(std::string_view category, Channel channel,
                                          bool wanted_by_default) const {
  const auto index = static_cast<std::size_t>(channel);
  const Row* const exact = category.empty() ? nullptr : row_of(rows_, category);
  const Row* const every = row_of(rows_, "");
  const auto says = [](Choice choice) { return choice != Choice::kUnset; };
  if (exact != nullptr && says(exact->by_channel[index])) {
    return {exact->by_channel[index] == Choice::kYes, Level::kCategoryChannel};
  }
  if (exact != nullptr && says(exact->all)) return {exact->all == Choice::kYes, Level::kCategory};
  if (every != nullptr && says(every->by_channel[index])) {
    return {every->by_channel[index] == Choice::kYes, Level::kChannel};
  }
  if (every != nullptr && says(every->all)) {
    return {every->all == Choice::kYes, Level::kEverything};
  }
  return {wanted_by_default, Level::kDefault};
}

}  // namespace ashlar::notifications
