import IPLD

// snippet.make
let photo = Block(.raw, Array("not really a photo".utf8))
let album = try Block(["title": "Harbour", "photos": [.link(photo.cid)]])
var archive: [UInt8] = []
var writer = CARWriter(roots: [album.cid], to: &archive)
for block in [photo, album] { writer.append(block, to: &archive) }
print(CAR.cid(of: archive))
// snippet.end

// snippet.read
var reader = CARReader()
reader.append(archive)
while let section = try reader.next() {
    print(section.block.cid, "at byte", section.offset)
    if section.block.cid == album.cid, case .string(let title)? = try DAGCBOR.decode(section.block.bytes)["title"] {
        print(title)
    }
}
try reader.finish()
// snippet.end
