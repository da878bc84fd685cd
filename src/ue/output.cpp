#include "ue/output.hpp"

#include <algorithm>
#include <array>
#include <unistd.h>

#include "proto/ng/json.hpp"

namespace ue {

void Output::print(std::FILE* where, std::string_view text) {
  if (screen_ != nullptr) screen_->hide();
  std::fwrite(text.data(), 1, text.size(), where);
  std::fputc('\n', where);
  std::fflush(where);
  if (screen_ != nullptr) screen_->show();
}

void Output::print_json(std::string_view name, ng::Dictionary fields) {
  ng::Dictionary event;
  event.append("event", name);
  for (const auto& [key, value] : fields.entries()) event.append(key, value);
  std::string text;
  ng::print_json(event, text);
  print(out_, text);
}

void Output::say(std::string_view name, ng::Dictionary fields, std::string_view said) {
  if (json_) return print_json(name, std::move(fields));
  if (!said.empty()) print(out_, said);
}

void Output::note(std::string_view name, ng::Dictionary fields, std::string_view text) {
  if (json_) return print_json(name, std::move(fields));
  line(text);
}

void Output::error(std::string_view text) {
  if (json_) {
    ng::Dictionary fields;
    fields.append("text", text);
    print_json("error", std::move(fields));
  }
  print(err_, "postern ue: " + std::string(text));
}

void Output::line(std::string_view text) {
  if (!json_ && !text.empty()) print(err_, text);
}

std::string screen_text(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (octet == 0xc2 && next >= 0x80 && next < 0xa0) {  // C1 controls (ISO 6429) in UTF-8
      ++i;
    } else if (octet == '\n') {
      out += "\n  ";
    } else if (octet == '\t' || (octet >= 0x20 && octet != 0x7f)) {
      out += text[i];
    }
  }
  return out;
}

std::string human_octets(double octets) {
  static constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; octets >= 1024 && unit + 1 < units.size(); ++unit) octets /= 1024;
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", octets, units[unit]);
  return text.data();
}

ProgressBar::ProgressBar(std::FILE* err, std::string label, std::uint64_t total, base::Time begin)
    : err_(err),
      label_(std::move(label)),
      total_(total),
      begin_(begin),
      terminal_(::isatty(::fileno(err)) == 1) {}

void ProgressBar::update(std::uint64_t done, base::Time now) {
  const auto tenths = static_cast<unsigned>(total_ == 0 ? 10 : done * 10 / total_);
  if (!terminal_ && tenths <= tenths_) return;
  tenths_ = tenths;
  draw(std::min(done, total_), now);
}

void ProgressBar::draw(std::uint64_t done, base::Time now) {
  constexpr std::size_t width = 30;
  const double part = total_ == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total_);
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(width));
  const auto bar = std::string(filled, '#') + std::string(width - filled, '.');
  const double seconds = std::max(std::chrono::duration<double>(now - begin_).count(), 0.001);
  std::fprintf(err_, "%s%s [%s] %3.0f %%  %s of %s  %s/s%s", terminal_ ? "\r\x1b[K" : "", label_.c_str(),
               bar.c_str(), part * 100, human_octets(static_cast<double>(done)).c_str(),
               human_octets(static_cast<double>(total_)).c_str(),
               human_octets(static_cast<double>(done) / seconds).c_str(), terminal_ ? "" : "\n");
  std::fflush(err_);
  drawn_ = true;
}

void ProgressBar::finish() {
  if (terminal_ && drawn_) std::fputc('\n', err_);
  std::fflush(err_);
}

}  // namespace ue
