extension ModelStore {
    func get(_ get: ModelGet, _ operation: ModelOperation) -> ModelReply {
        do throws(ModelRefusal) {
            let table = try table(get.table)
            let item = table.items[try table.check(key: get.keys[0])]
            var reply = ModelReply()
            if let item {
                reply.items = [get.projection?.taken(of: item) ?? item]
                reply.members.insert("Item")
            }
            reply.tell([(table, ModelUnits(reading: item, get.isConsistent ? 1 : 0.5))], operation)
            return reply
        } catch {
            return .refusal(error)
        }
    }

    func batchGet(_ gets: [ModelGet], _ operation: ModelOperation) -> ModelReply {
        do throws(ModelRefusal) {
            var reply = ModelReply(members: ["Responses", "UnprocessedKeys"])
            var used: [(ModelTable, ModelUnits)] = []
            for get in gets {
                let table = try table(get.table)
                guard Set(get.keys).count == get.keys.count else { throw .validation }
                reply.responses[get.table] = [:]
                for key in get.keys {
                    let item = table.items[try table.check(key: key)]
                    used.append((table, ModelUnits(reading: item, get.isConsistent ? 1 : 0.5)))
                    guard let item else { continue }
                    reply.responses[get.table]?[get.projection?.taken(of: item) ?? item, default: 0] += 1
                }
            }
            reply.tell(used, operation)
            return reply
        } catch {
            return .refusal(error)
        }
    }

    func transactGet(_ gets: [ModelGet], _ operation: ModelOperation) -> ModelReply {
        do throws(ModelRefusal) {
            var reply = ModelReply(members: ["Responses"])
            var used: [(ModelTable, ModelUnits)] = []
            var seen: Set<Place> = []
            for get in gets {
                let table = try table(get.table)
                let key = try table.check(key: get.keys[0])
                guard seen.insert(Place(table: get.table, key: key)).inserted else { throw .validation }
                let item = table.items[key]
                used.append((table, ModelUnits(reading: item, 2)))
                let taken = item.map { get.projection?.taken(of: $0) ?? $0 }
                reply.items.append(taken?.isEmpty == true ? nil : taken)
            }
            reply.tell(used, operation, inTransaction: true)
            return reply
        } catch {
            return .refusal(error)
        }
    }
}

extension ModelUnits {
    /// Units of reading an item, or of finding none.
    fileprivate init(reading item: ModelItem?, _ factor: Double) {
        table.read = factor * ModelUnits.read(item?.size ?? 0)
    }
}
