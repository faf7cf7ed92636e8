// ChannelChoices: what a recipient wants to get: yes or no by category and channel, pure lookup.
//
// The most exact row that says anything wins:
//   category and channel, category and every channel, every category and this channel, every
//   category and every channel, and last what the category itself says for people who never chose.
//
// A value: any thread may read. of() is O(log rows).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "modules/notifications/channel.h"

namespace ashlar::notifications {

enum class Choice : std::uint8_t { kUnset, kYes, kNo };

class ChannelChoices {
 public:
  static constexpr std::size_t kMaxCategories = 256;

  struct Row {
    std::string category;         // empty: every category
    Choice all = Choice::kUnset;  // every channel
    std::array<Choice, kChannels> by_channel{};

    friend bool operator==(const Row&, const Row&) = default;
  };

  ChannelChoices() = default;
  // In any order; of two rows of one category the later counts where it says something.
  explicit ChannelChoices(std::vector<Row> rows);

  // Who decided, for "why": the more exact, the earlier.
  enum class Level : std::uint8_t {
    kCategoryChannel,
    kCategory,
    kChannel,
    kEverything,
    kDefault,
  };
  struct Answer {
    bool wanted = true;
    Level level = Level::kDefault;
  };
  [[nodiscard]] Answer of(std::string_view category, Channel channel, bool wanted_by_default) const;
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }  // by category, ascending

 private:
  std::vector<Row> rows_;
};

}  // namespace ashlar::notifications
