//! An editor of DER: an element is read into a tree, changed there, and written again with whatever
//! mistake was put into it.

/// An element: its tag, and octets or elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub tag: u8,
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Octets(Vec<u8>),
    Nodes(Vec<Node>),
    /// Written as it is, length and all: for what no encoder would write.
    Raw(Vec<u8>),
}

pub fn primitive(tag: u8, octets: impl Into<Vec<u8>>) -> Node {
    Node { tag, body: Body::Octets(octets.into()) }
}

pub fn constructed(tag: u8, nodes: Vec<Node>) -> Node {
    Node { tag, body: Body::Nodes(nodes) }
}

pub fn sequence(nodes: Vec<Node>) -> Node {
    constructed(0x30, nodes)
}

pub fn utf8(text: &str) -> Node {
    primitive(0x0c, text)
}

pub fn oid(octets: &[u8]) -> Node {
    primitive(6, octets)
}

pub fn utc(text: &str) -> Node {
    primitive(0x17, text)
}

pub fn generalized(text: &str) -> Node {
    primitive(0x18, text)
}

impl Node {
    pub fn read(der: &[u8]) -> Self {
        let (node, rest) = Self::take(der);
        assert!(rest.is_empty(), "something follows");
        node
    }

    fn take(der: &[u8]) -> (Self, &[u8]) {
        let (tag, first) = (der[0], der[1]);
        let count = if first < 0x80 { 0 } else { usize::from(first & 0x7f) };
        let length = match count {
            0 => usize::from(first),
            _ => der[2..2 + count].iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)),
        };
        let (content, rest) = der[2 + count..].split_at(length);
        if tag & 0x20 == 0 {
            return (primitive(tag, content), rest);
        }
        let (mut nodes, mut left) = (Vec::new(), content);
        while !left.is_empty() {
            let (node, after) = Self::take(left);
            nodes.push(node);
            left = after;
        }
        (constructed(tag, nodes), rest)
    }

    pub fn write(&self) -> Vec<u8> {
        let content = match &self.body {
            Body::Octets(octets) => octets.clone(),
            Body::Nodes(nodes) => nodes.iter().flat_map(Node::write).collect(),
            Body::Raw(raw) => return [&[self.tag], &raw[..]].concat(),
        };
        let length = content.len();
        let header = match length {
            0..0x80 => vec![self.tag, length as u8],
            0x80..0x100 => vec![self.tag, 0x81, length as u8],
            _ => vec![self.tag, 0x82, (length >> 8) as u8, length as u8],
        };
        [header, content].concat()
    }

    /// The element at a path of indices.
    pub fn at(&mut self, path: &[usize]) -> &mut Node {
        path.iter().fold(self, |node, index| &mut node.nodes()[*index])
    }

    pub fn nodes(&mut self) -> &mut Vec<Node> {
        match &mut self.body {
            Body::Nodes(nodes) => nodes,
            other => panic!("no elements in {other:?}"),
        }
    }

    pub fn octets(&mut self) -> &mut Vec<u8> {
        match &mut self.body {
            Body::Octets(octets) => octets,
            other => panic!("no octets: {other:?}"),
        }
    }

    pub fn set(&mut self, octets: impl Into<Vec<u8>>) {
        self.body = Body::Octets(octets.into());
    }

    /// Extensions of a TBSCertificate.
    pub fn extensions(&mut self) -> &mut Vec<Node> {
        self.at(&[7, 0]).nodes()
    }

    /// The Extension with this identifier.
    pub fn extension(&mut self, oid: &[u8]) -> &mut Node {
        find(self.extensions(), oid)
    }

    /// Changes the value of an extension.
    pub fn edit(&mut self, oid: &[u8], change: impl FnOnce(&mut Node)) {
        edit_value(self.extension(oid), change);
    }

    /// Takes an extension away.
    pub fn without(&mut self, oid: &[u8]) {
        self.extensions().retain_mut(|one| *one.at(&[0]).octets() != oid);
    }
}

/// The Extension with this identifier.
pub fn find<'n>(extensions: &'n mut [Node], id: &[u8]) -> &'n mut Node {
    let id = oid(id);
    let is_it = |one: &&mut Node| matches!(&one.body, Body::Nodes(parts) if parts[0] == id);
    extensions.iter_mut().find(is_it).expect("it is there")
}

/// Changes what an Extension's OCTET STRING holds.
pub fn edit_value(extension: &mut Node, change: impl FnOnce(&mut Node)) {
    let value = extension.nodes().last_mut().expect("it has a value");
    let mut inside = Node::read(value.octets());
    change(&mut inside);
    value.set(inside.write());
}

pub fn extension(id: &[u8], critical: bool, value: Node) -> Node {
    let value = primitive(4, value.write());
    match critical {
        true => sequence(vec![oid(id), primitive(1, [0xff]), value]),
        false => sequence(vec![oid(id), value]),
    }
}
