import Testing

@testable import Proxy

struct DescriptorsTests {
    @Test(arguments: [(64, 24), (1024, 744), (20_000, 14_976), (10, 8)])
    func `descriptors are left for what is not a client`(descriptors: Int, connections: Int) {
        #expect(Descriptors.connections(of: descriptors) == connections)
    }
}
