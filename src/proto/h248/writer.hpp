#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "proto/h248/codec.hpp"

// Writing, for this room's .cpp files: tokens, braces and commas in the chosen form.
namespace h248 {

class Writer {
 public:
  Writer(std::string& out, const PrintOptions& options) : out_(out), options_(options) {}

  bool bare_empty_signals() const noexcept { return options_.bare_empty_signals; }

  void text(std::string_view raw) { out_.append(raw); }
  void number(std::uint64_t value) { out_.append(std::to_string(value)); }
  void digits(std::uint32_t value, std::size_t width);
  template <class T>
  void token(T token) {
    out_.append(name_of(static_cast<Token>(token), options_.form));
  }
  /// " = " or "=".
  void equals() { out_.append(pretty() ? " = " : "="); }
  void separator() { out_.append(pretty() ? ", " : ","); }

  void open();
  void close();
  /// Before each item in braces: the comma where it is not the first, and its own line in pretty text.
  void item();
  /// The same for what follows a message's header: whole transactions have no comma.
  void line() { out_.push_back('\n'); }

  template <class T>
  void item_token(T value) {
    item();
    token(value);
  }
  /// item, token, EQUAL.
  template <class T>
  void item_equals(T value) {
    item_token(value);
    equals();
  }
  /// Braces with an item for each.
  template <class T, class Write>
  void block(const std::vector<T>& items, Write write) {
    open();
    for (const auto& one : items) {
      item();
      write(one);
    }
    close();
  }

  void quoted(std::string_view value);
  /// Octets in braces, with "}" escaped.
  void octets(std::string_view value);

 private:
  bool pretty() const noexcept { return options_.form == Form::pretty; }
  void indent();

  std::string& out_;
  const PrintOptions& options_;
  std::size_t depth_ = 0;
  bool first_ = true;  // no item yet in the innermost braces
};

// The rules of the grammar, as in read.hpp. Descriptors begin with their token here.
void write(Writer& out, const PackagedName& name);
void write(Writer& out, const Value& value);
void write(Writer& out, const ParameterValue& value);
void write(Writer& out, const Property& property);
void write(Writer& out, const Parameter& parameter);
void write(Writer& out, ContextId id);
void write(Writer& out, RequestId id);
void write(Writer& out, const MessageId& id);
void write(Writer& out, TimeStamp time);
void write(Writer& out, const TokenOrExtension& value);
void write(Writer& out, const PackageVersion& package);
void write(Writer& out, const ErrorDescriptor& error);
void write(Writer& out, const std::vector<TerminationId>& ids);
void write(Writer& out, const MediaDescriptor& media);
void write(Writer& out, const ModemDescriptor& modem);
void write(Writer& out, const MuxDescriptor& mux);
void write(Writer& out, const StatisticsDescriptor& statistics);
void write(Writer& out, const EventsDescriptor& events);
void write(Writer& out, const EventBufferDescriptor& buffer);
void write(Writer& out, const ObservedEventsDescriptor& events);
void write(Writer& out, const SignalsDescriptor& signals);
void write(Writer& out, const DigitMap& map);
void write(Writer& out, const AuditItem& item);
void write(Writer& out, const AuditDescriptor& audit);
void write(Writer& out, const ServiceChangeDescriptor& change);
void write(Writer& out, const CommandRequest& command);
void write(Writer& out, const CommandReply& command);
/// The item of a stream's number, where there is one.
void write_stream(Writer& out, const std::optional<std::uint16_t>& stream);

}  // namespace h248
